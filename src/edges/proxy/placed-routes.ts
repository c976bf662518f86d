/** Where the paths of a caller are found: in the namespace that he is in, or names and may act in. */
import { ReefError } from "../../core/errors.ts";
import type { Doorkeeper } from "../../rpc/doorkeeper.ts";
import { hidden } from "../../rpc/doorkeeper/refusals.ts";
import { placeOf } from "../../rpc/doorkeeper/acting-namespace.ts";
import type { ProtoRoute, RouteFinder, Said } from "../../rpc/grpc/proto-routes.ts";
import type { Places } from "../../rpc/places.ts";
import type { CodecName } from "./proxied-service.ts";
import type { ProxyOptions } from "./proxy.ts";
import type { ProxyRoutes } from "./proxy-routes.ts";

export type ProxyPlaces = Places<ProxyRoutes, RouteFinder>;

export type PlacedRoutesOptions = Pick<ProxyOptions, "doorkeeper" | "listedFor">;

export class PlacedRoutes implements RouteFinder {
  readonly #places: ProxyPlaces;
  readonly #doorkeeper: Doorkeeper | undefined;
  readonly #strangers: RouteFinder;

  constructor(places: ProxyPlaces, { doorkeeper, listedFor = "everybody" }: PlacedRoutesOptions) {
    this.#places = places;
    this.#doorkeeper = doorkeeper;
    this.#strangers = listedFor === "everybody" ? places.home : hiding(places.home);
  }

  /** Of one who says nothing of himself, and is at home. */
  find(path: string, codec: CodecName): ProtoRoute | ReefError {
    return this.#strangers.find(path, codec);
  }

  at({ authorization, namespace, visitor }: Said): RouteFinder | Promise<RouteFinder> {
    if (!this.#doorkeeper) return this.#places.home;
    const known = this.#doorkeeper.identify(authorization, visitor);
    if (known instanceof Promise) return known;
    return known ? this.#places.at(placeOf(known, namespace)) : this.#strangers;
  }
}

/** What may be called is found, and nothing is said of the rest. */
function hiding(routes: RouteFinder): RouteFinder {
  return {
    find(path, codec) {
      if (path.startsWith("/grpc.reflection.")) return hidden();
      const found = routes.find(path, codec);
      return found instanceof ReefError ? hidden(found) : found;
    },
  };
}

/** Its own services, then those of its bases that it lacks. */
export function routesOf([own, ...bases]: readonly [ProxyRoutes, ...ProxyRoutes[]]): RouteFinder {
  if (bases.length === 0) return own;
  return {
    find(path, codec) {
      const found = own.find(path, codec);
      if (!(found instanceof ReefError) || own.knows(path)) return found;
      const base = bases.find((each) => each.knows(path));
      return base ? base.find(path, codec) : found;
    },
  };
}
