/** One connection of a client: when it ends, so do the calls that were made for it. */
import { setMaxListeners } from "node:events";
import type { Duplex } from "node:stream";
import type { Abortable } from "../../rpc/client-call.ts";
import { ReefError } from "../../core/errors.ts";

export class Connection {
  /** Made when somebody asks for it: most connections carry calls with one answer, and some carry one alone. */
  #leaving: AbortController | undefined;
  #hasLeft = false;
  /** Undefined when the client has left by itself. */
  #reason: ReefError | undefined;
  /** Mostly one: a client waits for its answer. */
  readonly #calls: Abortable[] = [];

  constructor(socket: Duplex) {
    socket.once("close", () => this.leave());
  }

  /** The client is gone or was given up. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Fires then. One for all requests: making one for each costs too much. */
  get signal(): AbortSignal {
    if (!this.#leaving) {
      this.#leaving = new AbortController();
      // A client may send many requests before it reads the first answer; each listens.
      setMaxListeners(0, this.#leaving.signal);
      if (this.#hasLeft) this.#leaving.abort(this.#given());
    }
    return this.#leaving.signal;
  }

  /**
   * A call with one answer is given up with the connection until it is released. A listener of the signal would do the
   * same, and took 13 % of the gateway's time: what listens to something old outlives the young generation.
   */
  hold(call: Abortable): void {
    if (this.#hasLeft) call.abort(this.#given());
    else this.#calls.push(call);
  }

  release(call: Abortable): void {
    const at = this.#calls.indexOf(call);
    if (at !== -1) this.#calls.splice(at, 1);
  }

  /** Gives the calls of this client up; what it is told is the last that it gets. @default it has left by itself */
  leave(reason?: ReefError): void {
    // The first reason is the one that counts.
    if (!this.#hasLeft) this.#reason = reason;
    this.#hasLeft = true;
    this.#leaving?.abort(this.#given());
    for (const call of this.#calls.splice(0)) call.abort(this.#given());
  }

  #given(): ReefError {
    return (this.#reason ??= new ReefError("cancelled", "The client has left"));
  }
}
