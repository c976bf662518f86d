/** Whether a request is served at all, before anybody looks at what it wants. */
import type { ReefError } from "../../core/errors.ts";
import type { Resource } from "../../core/access-rules.ts";
import type { Known } from "../../rpc/doorkeeper.ts";
import { actingNamespace, namespaceHeader } from "../../rpc/doorkeeper/acting-namespace.ts";
import { checkTransfer } from "../../rpc/http/check-transfer.ts";
import { refusal } from "../../rpc/http/problem.ts";
import { canonicalPath, type CanonicalPath } from "./canonical-path.ts";
import type { Exchange } from "./exchange.ts";
import type { Endpoint } from "./routes.ts";
import type { ServeHost } from "./serve.ts";
import type { Upstream } from "./upstream.ts";

/** @throws {ReefError} a refusal, whatever the path leads to */
export function admit(exchange: Exchange, host: ServeHost): CanonicalPath {
  admitAny(exchange, host);
  const { targetBytesMax: bytesMax } = host.limits;
  return canonicalPath(exchange.request.url ?? "", { bytesMax });
}

/** @throws {ReefError} a refusal, whatever the path is */
export function admitAny(exchange: Exchange, { guard, limits, load }: ServeHost): void {
  const { request } = exchange;
  exchange.origin = guard.check(request);
  checkTransfer(request.headers["transfer-encoding"], request.httpVersionMinor);
  if (load.requests > limits.requestsMax) throw tooMany("requests", limits.requestsMax);
}

/**
 * Whether its caller may have this. A promise only where a signature has to be checked first.
 * @throws {ReefError} `unauthenticated`, `permission_denied`, or `unavailable` while nobody can say it
 */
export function admitCaller(
  exchange: Exchange,
  { doorkeeper, catalog }: ServeHost,
  resource: Resource,
): Promise<void> | undefined {
  if (!doorkeeper) return undefined;
  const { headers } = exchange.request;
  function admitKnown(known: Known): void {
    exchange.known = known;
    if (resource.type === "block") {
      // Two of them joined by node are no name, and so nobody's.
      const asked = headers[namespaceHeader]?.toString();
      exchange.namespace = actingNamespace(known, asked, resource);
    }
    doorkeeper?.check(known, exchange.namespace ?? catalog.namespace, resource);
  }
  const known = doorkeeper.identify(headers.authorization);
  if (known instanceof Promise) return known.then(admitKnown);
  admitKnown(known);
  return undefined;
}

/** What lasts ends when its caller may not have it any more. */
export function holdOpen(
  exchange: Exchange,
  { doorkeeper, catalog }: ServeHost,
  resource: Resource,
): Disposable | undefined {
  const { known, namespace = catalog.namespace } = exchange;
  return doorkeeper?.hold(known, { namespace, resource }, (reason) => exchange.leave(reason));
}

/** A method of a service or of a block, as rules name it. */
export function resourceOf({ upstream, method }: Endpoint): Resource {
  return { type: upstream.type, name: upstream.descriptor.name, endpoint: method.name };
}

/** A program that promises no methods is one thing: what its paths mean only it knows. */
export function programResource(name: string): Resource {
  return { type: "service", name, endpoint: "http" };
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
