/** One connection of a client: when it ends, so do the calls that were made for it. */
import { setMaxListeners } from "node:events";
import type { Duplex } from "node:stream";
import type { Abortable } from "../../rpc/client-call.ts";
import { ReefError } from "../../core/errors.ts";

export class Connection {
  readonly #leaving = new AbortController();
  /** Mostly one: a client waits for its answer. */
  readonly #calls: Abortable[] = [];

  constructor(socket: Duplex) {
    // A client may send many requests before it reads the first answer; each listens.
    setMaxListeners(0, this.signal);
    socket.once("close", () => {
      this.leave(new ReefError("cancelled", "The client has left"));
    });
  }

  /** Fires when the client is gone or was given up. One for all its requests: making one for each costs too much. */
  get signal(): AbortSignal {
    return this.#leaving.signal;
  }

  /**
   * A call with one answer is given up with the connection until it is released. A listener of the signal would do the
   * same, and took 13 % of the gateway's time: what listens to something old outlives the young generation.
   */
  hold(call: Abortable): void {
    if (this.signal.aborted) call.abort(ReefError.from(this.signal.reason));
    else this.#calls.push(call);
  }

  release(call: Abortable): void {
    const at = this.#calls.indexOf(call);
    if (at !== -1) this.#calls.splice(at, 1);
  }

  /** Gives the calls of this client up; what it is told is the last that it gets. */
  leave(reason: ReefError): void {
    this.#leaving.abort(reason);
    // The first reason is the one that counts.
    const given = ReefError.from(this.signal.reason);
    for (const call of this.#calls.splice(0)) call.abort(given);
  }
}
