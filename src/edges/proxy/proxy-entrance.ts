/** What stands behind the port of the proxy: loaded and opened when the first connection comes. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";

import type { Clock } from "../../core/clock.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import type { Logger } from "../../core/log.ts";
import { homeNamespace } from "../../core/namespace-access.ts";
import { CallQuotas } from "../../rpc/call-quotas.ts";
import { Places } from "../../rpc/places.ts";
import { HttpEntrance } from "../../rpc/grpc/http-entrance.ts";
import type { Entrance, HttpVersion } from "../../rpc/late-entrance.ts";
import type { ProxyOptions } from "./proxy.ts";
import { PlacedRoutes, type ProxyPlaces, routesOf } from "./placed-routes.ts";
import { proxiedBlocks, ProxyRoutes } from "./proxy-routes.ts";

export interface ProxyEntranceOptions extends Omit<ProxyOptions, "listen"> {
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  readonly log: Logger;
  readonly clock: Clock;
  /** Ends the opening. */
  readonly signal: AbortSignal;
}

/** Disposing it takes no new calls and waits for those that run, within `drainMs`. */
export interface ProxyEntrance extends Entrance, AsyncDisposable {}

/** How long a stopping proxy waits for the calls that run, as the gateway does. */
const drainMs = 5_000;

/** Resolves when everything that is there now can be called. */
export async function openProxyEntrance(options: ProxyEntranceOptions): Promise<ProxyEntrance> {
  const { registry, connect, doorkeeper, blocks, hosts, origins, limits = {} } = options;
  const { certificate, log, clock, signal } = options;
  assert(doorkeeper || !blocks, "blocks need somebody who says who may call them");
  await using opening = new AsyncDisposableStack();
  const { namespaces } = options;
  const quotas = namespaces && new CallQuotas(namespaces, clock);
  const called = { doorkeeper, quotas, log, clock };
  const proxied = blocks && proxiedBlocks(blocks, { ...called, namespace: homeNamespace });
  for (const each of proxied ?? []) opening.use(each);
  const shared = { ...called, registry, connect, blocks: proxied };
  const create = (namespace: string) => new ProxyRoutes({ ...shared, namespace });
  const home = create(homeNamespace);
  const places: ProxyPlaces = opening.use(
    new Places({ home, create, namespaces, clock, viewOf: routesOf }),
  );
  await home.open({ signal });
  const idle = new Idle(clock);
  const entrance = new HttpEntrance({
    routes: new PlacedRoutes(places, options),
    health: home.health,
    deadlines: new DeadlineSweep(clock),
    clock,
    log,
    limits,
    hosts,
    certificate,
    origins,
    onIdle: () => idle.look(),
  });
  opening.defer(async () => {
    entrance.drain();
    await idle.until(() => entrance.active === 0, drainMs);
    entrance.close();
  });
  const opened = opening.move();
  return {
    welcome: (socket: Socket, version: HttpVersion) => entrance.welcome(socket, version),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Waits for the last call. */
class Idle {
  readonly #clock: Clock;
  look: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  until(isTrue: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(timeoutMs, resolve);
      this.look = () => {
        if (!isTrue()) return;
        timer.cancel();
        resolve();
      };
      this.look();
    });
  }
}
