/** Where the paths of a caller are found: in the namespace that he is in, or names and may act in. */
import { ReefError } from "../../core/errors.ts";
import { homeNamespace } from "../../core/namespace-access.ts";
import type { Doorkeeper } from "../../rpc/doorkeeper.ts";
import { placeOf } from "../../rpc/doorkeeper/acting-namespace.ts";
import type { ProtoRoute, RouteFinder, Said } from "../../rpc/grpc/proto-routes.ts";
import { shownTo } from "../../rpc/grpc/shown-routes.ts";
import type { Places } from "../../rpc/places.ts";
import type { CodecName } from "./proxied-service.ts";
import type { ProxyOptions } from "./proxy.ts";
import type { ProxyRoutes } from "./proxy-routes.ts";

export type ProxyPlaces = Places<ProxyRoutes, RouteFinder>;

export class PlacedRoutes implements RouteFinder {
  readonly #places: ProxyPlaces;
  readonly #doorkeeper: Doorkeeper | undefined;
  readonly #strangers: RouteFinder;

  constructor(places: ProxyPlaces, { doorkeeper }: Pick<ProxyOptions, "doorkeeper">) {
    this.#places = places;
    this.#doorkeeper = doorkeeper;
    const { home } = places;
    this.#strangers = doorkeeper
      ? shownTo(undefined, home, { doorkeeper, namespace: homeNamespace, asked: undefined })
      : home;
  }

  /** Of one who says nothing of himself, and is at home. */
  find(path: string, codec: CodecName): ProtoRoute | ReefError {
    return this.#strangers.find(path, codec);
  }

  at({ authorization, namespace: asked, visitor }: Said): RouteFinder | Promise<RouteFinder> {
    const doorkeeper = this.#doorkeeper;
    if (!doorkeeper) return this.#places.home;
    const known = doorkeeper.identify(authorization, visitor);
    if (known instanceof Promise) return known;
    if (!known && asked === undefined) return this.#strangers;
    const namespace = placeOf(known, asked);
    const there = this.#places.at(namespace);
    const shown = (routes: RouteFinder) => shownTo(known, routes, { doorkeeper, namespace, asked });
    return there instanceof Promise ? there.then(shown) : shown(there);
  }
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
