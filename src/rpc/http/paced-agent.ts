/**
 * Keeps connections open between requests, and opens new ones no faster than a simple server accepts them. Python's
 * servers let five wait, and Linux drops the others: whoever is dropped tries again a second later.
 */
import { Agent } from "node:http";
import { Socket } from "node:net";

import type { Clock } from "../../core/clock.ts";
import { formatHttpAddress } from "../address.ts";
import { connectTimeoutMs, unreachable } from "../open-socket.ts";

export interface PacedAgentOptions {
  readonly clock: Clock;
  /** Open at once to one address; who comes then waits for one. */
  readonly connectionsMax: number;
  /** How long an idle one is kept; 0: not at all. */
  readonly idleMs: number;
}

/** As many as may always be opened together, and the time in which each further one is accepted. */
const burst = 4;
const paceMs = 1;

export class PacedAgent extends Agent {
  readonly #clock: Clock;
  #nextAtMs = 0;

  constructor({ clock, connectionsMax, idleMs }: PacedAgentOptions) {
    super({
      keepAlive: idleMs > 0,
      maxSockets: connectionsMax,
      maxFreeSockets: connectionsMax,
      // Of idle connections only; while a request is on one, its own limits count.
      ...(idleMs > 0 && { timeout: idleMs }),
      // The most recently used first: the others may rest, and close.
      scheduling: "lifo",
    });
    this.#clock = clock;
  }

  /** Begins to connect now or in a moment: until it stands, the socket is `pending`. */
  override createConnection(options: { host?: string; port?: number }): Socket {
    const { host = "127.0.0.1", port = 0 } = options;
    const socket = new Socket();
    const nowMs = this.#clock.monotonicMs();
    const atMs = Math.max(this.#nextAtMs, nowMs - burst * paceMs) + paceMs;
    this.#nextAtMs = atMs;
    const open = () => {
      if (!socket.destroyed) socket.setNoDelay(true).connect(port, host);
    };
    if (atMs <= nowMs) open();
    else this.#clock.after(atMs - nowMs, open);
    const late = () => {
      const place = formatHttpAddress({ kind: "tcp", host, port });
      socket.destroy(unreachable(place, `no answer within ${connectTimeoutMs} ms`));
    };
    const timer = this.#clock.after(connectTimeoutMs, late, { background: true });
    const over = () => timer.cancel();
    socket.once("connect", over);
    socket.once("close", over);
    return socket;
  }
}
