/** One connection of a client: when it ends, so do the calls that were made for it. */
import { setMaxListeners } from "node:events";
import type { Duplex } from "node:stream";
import { ReefError } from "../../core/errors.ts";

export class Connection {
  readonly #leaving = new AbortController();

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

  /** Gives the calls of this client up; what it is told is the last that it gets. */
  leave(reason: ReefError): void {
    this.#leaving.abort(reason);
  }
}
