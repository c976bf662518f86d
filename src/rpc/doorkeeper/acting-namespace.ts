/** In which namespace a call of a block acts: the caller's own, unless it names another one that it may act in. */
import type { Resource } from "../../core/access-rules.ts";
import { ReefError } from "../../core/errors.ts";
import { mayActIn, namespaceOf, type Subject } from "../../core/namespace-access.ts";
import type { Known } from "../doorkeeper.ts";

/** Over HTTP a header, over gRPC metadata. It never says who somebody is, only where that one wants to act. */
export const namespaceHeader = "reef-namespace";

const provingMethods: ReadonlySet<string> = new Set(["login", "refresh", "logout"]);

/** Whether one who has no token yet proves himself by what is in the call. */
export function isProving({ type, name, endpoint }: Resource): boolean {
  return type === "block" && name === "auth" && provingMethods.has(endpoint);
}

/** Whether this one may ask for that block in the namespace at all. */
export function mayAskIn(
  known: Subject | undefined,
  namespace: string,
  resource: Resource,
): boolean {
  if (!known && isProving(resource)) return true;
  return mayActIn(known, namespace);
}

/**
 * Where the services are that a call is about: what its caller may not name, is refused when it is known what he wants.
 */
export function placeOf(known: Known, asked: string | undefined): string {
  return asked !== undefined && mayActIn(known, asked) ? asked : namespaceOf(known);
}

/**
 * What the rules of that namespace say, is asked afterwards.
 * @throws {ReefError} `unauthenticated` or `permission_denied` for a namespace that is not the caller's to act in
 */
export function actingNamespace(
  known: Known,
  asked: string | undefined,
  resource: Resource,
): string {
  if (asked === undefined) return namespaceOf(known);
  if (mayAskIn(known, asked, resource)) return asked;
  const what = `Cannot act in the namespace ${JSON.stringify(asked.slice(0, 80))}`;
  if (!known) {
    const text = `${what}: not without a token; send Authorization: Bearer and one of that namespace`;
    throw new ReefError("unauthenticated", text, { maybeExecuted: false });
  }
  const rule = `${known.account} is of ${known.namespace}`;
  const text = `${what}: ${rule}; leave ${namespaceHeader} out, or use an account of that namespace`;
  throw new ReefError("permission_denied", text, { maybeExecuted: false });
}
