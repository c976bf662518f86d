/** The connections of a server: welcomed one by one, drained and closed together. */
import type { Socket } from "node:net";

import { ReefError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Hello } from "./wire/frames.ts";
import { answer, type Hellos } from "./wire/handshake.ts";
import { ServerConnection, type ServerConnectionOptions } from "./wire/server-connection.ts";

export interface ServerConnectionsOptions extends Omit<ServerConnectionOptions, "onEnd"> {
  /** What this server says of itself. */
  readonly hello: () => Hello;
  readonly log: Logger;
}

export class ServerConnections {
  readonly #options: ServerConnectionsOptions;
  readonly #connections = new Set<ServerConnection>();
  readonly #closed = new AbortController();
  #draining = false;

  constructor(options: ServerConnectionsOptions) {
    this.#options = options;
  }

  /** Calls under way on all of them. */
  get active(): number {
    let sum = 0;
    for (const connection of this.#connections) sum += connection.active;
    return sum;
  }

  /** Connections that have not ended. */
  get open(): number {
    return this.#connections.size;
  }

  /** Greets whoever has connected, and serves it when it speaks this wire. */
  async welcome(socket: Socket): Promise<void> {
    const { hello, clock, log } = this.#options;
    try {
      this.#serve(socket, await answer(socket, hello(), { clock, signal: this.#closed.signal }));
    } catch (error) {
      // It was told why, or has left by itself: nothing that this side could do better.
      log.debug("A connection was not opened", { error });
    }
  }

  /** Calls under way go on; new ones are refused, and their callers told to go elsewhere. */
  drain(): void {
    this.#draining = true;
    for (const connection of this.#connections) connection.drain();
  }

  /** Cancels what is under way and lets go of everybody, those included who are still being greeted. */
  close(reason: string): void {
    this.#closed.abort(new ReefError("unavailable", reason, { maybeExecuted: false }));
    for (const connection of this.#connections) connection.close(reason);
  }

  #serve(socket: Socket, hellos: Hellos): void {
    const { onIdle } = this.#options;
    const connection = new ServerConnection(socket, hellos, {
      ...this.#options,
      onEnd: () => {
        this.#connections.delete(connection);
        onIdle();
      },
    });
    this.#connections.add(connection);
    if (this.#draining) connection.drain();
    // The answer was on its way when this server closed.
    if (this.#closed.signal.aborted) connection.close("This node has stopped");
  }
}
