/** Which services a request is about: those of the namespace that its caller is in, or names and may act in. */
import { namespaceHeader, placeOf } from "../../rpc/doorkeeper/acting-namespace.ts";
import type { Exchange } from "./exchange.ts";
import type { ServeHost } from "./serve.ts";

/**
 * The host of that namespace; a promise only where a refusal has to wait, or the namespace is opened. Who is not known
 * is at home.
 * @throws {ReefError} `unauthenticated` for what is no good token; `not_found` for a namespace that is not there
 */
export function enter(exchange: Exchange, home: ServeHost): ServeHost | Promise<ServeHost> {
  const { doorkeeper, places } = home;
  const { authorization, [namespaceHeader]: named } = exchange.request.headers;
  if (!doorkeeper || (authorization === undefined && named === undefined)) return home;
  const known = doorkeeper.identify(authorization, exchange);
  if (known instanceof Promise) return known;
  exchange.known = known;
  return places.at(placeOf(known, named?.toString()));
}
