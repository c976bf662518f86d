/** The connections of a server over HTTP/2: welcomed one by one, drained and closed together. */
import type { Socket } from "node:net";

import { Http2Connection, type Http2ConnectionOptions } from "./http2-connection.ts";

export type Http2ServerOptions = Omit<Http2ConnectionOptions, "onEnd">;

export class Http2Server {
  readonly #options: Http2ConnectionOptions;
  readonly #connections = new Set<Http2Connection>();

  constructor(options: Http2ServerOptions) {
    this.#options = {
      ...options,
      onEnd: (connection) => this.#connections.delete(connection),
    };
  }

  /** Serves a connection whose first bytes, still unread, are the preface. */
  welcome(socket: Socket): void {
    if (socket.destroyed) return;
    this.#connections.add(new Http2Connection(socket, this.#options));
  }

  /** No new streams; those under way go on, and each connection ends after its last. */
  drain(): void {
    for (const connection of this.#connections) connection.drain();
  }

  /** Ends what is under way, and all connections. */
  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
