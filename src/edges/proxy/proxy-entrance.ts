/** What stands behind the port of the proxy: loaded and opened when the first connection comes. */
import type { Socket } from "node:net";

import { type Clock, sleep } from "../../core/clock.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { HttpEntrance } from "../../rpc/grpc/http-entrance.ts";
import type { Entrance, HttpVersion } from "../../rpc/late-entrance.ts";
import type { ProxyOptions } from "./proxy.ts";
import { ProxyRoutes } from "./proxy-routes.ts";

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

/** Services of this namespace are reachable; the platform's blocks are in another. */
const namespace = "default";

/** How long a stopping proxy waits for the calls that run, as the gateway does. */
const drainMs = 5_000;

/** A registry in another process may be away; whoever calls meanwhile is not kept waiting for longer. */
const presentMsMax = 5_000;

/** @throws {ReefError} `unavailable` when the registry does not say in time which services are there */
export async function openProxyEntrance(options: ProxyEntranceOptions): Promise<ProxyEntrance> {
  const { registry, connect, doorkeeper, hosts, origins, limits = {}, log, clock } = options;
  await using opening = new AsyncDisposableStack();
  const routes = opening.use(
    new ProxyRoutes({ registry, connect, doorkeeper, namespace, log, clock }),
  );
  await within(routes.open(), options);
  const idle = new Idle(clock);
  const entrance = new HttpEntrance({
    routes,
    health: routes.health,
    deadlines: new DeadlineSweep(clock),
    clock,
    limits,
    hosts,
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

async function within(
  present: Promise<void>,
  { clock, signal }: ProxyEntranceOptions,
): Promise<void> {
  const enough = new AbortController();
  const waited = AbortSignal.any([signal, enough.signal]);
  const late = sleep(presentMsMax, { clock, signal: waited }).then(() => {
    throw new ReefError("unavailable", "Cannot answer: the registry does not say what is there");
  });
  try {
    await Promise.race([present, late]);
  } finally {
    // It was only to be in time; why it ended is said above.
    late.catch(ignore);
    enough.abort();
  }
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

function ignore(): void {}
