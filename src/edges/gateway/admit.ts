/** Whether a request is served at all, before anybody looks at what it wants. */
import type { ReefError } from "../../core/errors.ts";
import { entranceResource, type EntrancePage, type Resource } from "../../core/access-rules.ts";
import { namespaceHeader } from "../../rpc/doorkeeper/acting-namespace.ts";
import { checkTransfer } from "../../rpc/http/check-transfer.ts";
import { refusal } from "../../rpc/http/problem.ts";
import { canonicalPath, type CanonicalPath } from "./canonical-path.ts";
import type { Exchange } from "./exchange.ts";
import type { Endpoint } from "./routes.ts";
import type { ServeHost } from "./serve.ts";
import type { Upstream } from "./upstream.ts";

/** @throws {ReefError} a refusal of a path that could mean two things */
export function pathOf({ request }: Exchange, { limits }: ServeHost): CanonicalPath {
  return canonicalPath(request.url ?? "", { bytesMax: limits.targetBytesMax });
}

/** @throws {ReefError} a refusal, whatever the path is */
export function admitAny(exchange: Exchange, { guard, limits, load }: ServeHost): void {
  const { request } = exchange;
  exchange.origin = guard.check(request);
  checkTransfer(request.headers["transfer-encoding"], request.httpVersionMinor);
  if (load.requests > limits.requestsMax) throw tooMany("requests", limits.requestsMax);
}

/**
 * Whether its caller may have this. Who that is, is known since the request has entered its place.
 * @throws {ReefError} `unauthenticated`, `permission_denied`, or `unavailable` while nobody can say it;
 *   `resource_exhausted` for more calls than its namespace may make
 */
export function admitCaller(
  exchange: Exchange,
  { doorkeeper, quotas, catalog }: ServeHost,
  { namespace, resource }: Asked,
): void {
  if (doorkeeper) {
    const { known } = exchange;
    // Two of them joined by node are no name, and so nobody's.
    const asked = exchange.request.headers[namespaceHeader]?.toString();
    const acting = doorkeeper.acting(known, asked, resource);
    if (resource.type === "block") exchange.namespace = acting;
    doorkeeper.check(known, { namespace: namespace ?? acting, resource });
  }
  quotas?.check(catalog.namespace);
}

/**
 * Looks for what a request is about. Who may not know which services there are does not hear it by a refusal either.
 * @throws {ReefError} what `look` throws; for such a one as `admitReader`
 */
export function lookFor<T>(exchange: Exchange, host: ServeHost, look: () => T): T {
  try {
    return look();
  } catch (error) {
    admitReader(exchange, host, { page: "services", cause: error });
    throw error;
  }
}

/**
 * Whether its caller may know what is here.
 * @throws {ReefError} `unauthenticated`, `permission_denied`, or `unavailable` while nobody can say it
 */
export function admitReader(
  { known, request }: Exchange,
  { doorkeeper, catalog }: ServeHost,
  { page, cause }: { readonly page: EntrancePage; readonly cause?: unknown },
): void {
  // Whoever names a namespace that is not his to act in is told nothing of his own instead.
  const asked = request.headers[namespaceHeader]?.toString();
  doorkeeper?.acting(known, asked, entranceResource(page));
  doorkeeper?.checkPage(known, catalog.namespace, page, cause);
}

/** What lasts ends when its caller may not have it any more. */
export function holdOpen(
  exchange: Exchange,
  { doorkeeper, catalog }: ServeHost,
  { namespace = exchange.namespace ?? catalog.namespace, resource }: Asked,
): Disposable | undefined {
  const { known } = exchange;
  return doorkeeper?.hold(known, { namespace, resource }, (reason) => exchange.leave(reason));
}

/** What is asked for, and whose rules say who may have it: those of where the caller acts, if nobody says otherwise. */
export interface Asked {
  readonly namespace: string | undefined;
  readonly resource: Resource;
}

/** A method of a service or of a block, as rules name it. */
export function askedOf({ upstream, method }: Endpoint): Asked {
  const { type, namespace, descriptor } = upstream;
  return { namespace, resource: { type, name: descriptor.name, endpoint: method.name } };
}

/**
 * A stream to a service begins; it is over when the result is called.
 * @throws {ReefError} `too_many_requests`
 */
export function beginStream({ load, limits }: ServeHost, upstream: Upstream): () => void {
  if (load.streams >= limits.streamsMax) throw tooMany("streams", limits.streamsMax);
  load.streams += 1;
  upstream.enter();
  return () => {
    load.streams -= 1;
    upstream.leave();
  };
}

function tooMany(what: string, limit: number): ReefError {
  return refusal(
    "too_many_requests",
    `Cannot take another of the ${what}: the limit is ${limit} at once; try again`,
  );
}
