/**
 * The connections of an entrance whose code is loaded when the first of them comes: most starts are over long before
 * anybody calls over HTTP, and many processes are never called so. Until then nothing that a connection has sent is
 * read, so that nothing of it is lost.
 */
import type { Socket } from "node:net";
import type { Logger } from "../core/log.ts";

export type HttpVersion = "http1" | "http2";

/** What connections are given to, their first bytes still unread. */
export interface Entrance {
  welcome(socket: Socket, version: HttpVersion): void;
}

export interface LateEntranceOptions<E extends Entrance> {
  /** Called with the first connection, and again with a later one if it has failed. */
  readonly load: () => Promise<E>;
  readonly log: Logger;
}

export class LateEntrance<E extends Entrance> {
  readonly #options: LateEntranceOptions<E>;
  readonly #waiting = new Map<Socket, HttpVersion>();
  #loading: Promise<E | undefined> | undefined;
  #loaded: E | undefined;
  #ending = false;

  constructor(options: LateEntranceOptions<E>) {
    this.#options = options;
  }

  /** The entrance, once it is there. */
  get loaded(): E | undefined {
    return this.#loaded;
  }

  /** Gives the connection to the entrance, which is loaded for it if it is the first. */
  welcome(socket: Socket, version: HttpVersion): void {
    if (this.#loaded) return this.#loaded.welcome(socket, version);
    if (this.#ending && !this.#loading) return void socket.destroy();
    // Whoever listens limits them, as all of its connections.
    this.#waiting.set(socket, version);
    // One that breaks while it waits would be an exception.
    socket.on("error", ignore);
    this.#loading ??= this.#load();
  }

  /** The entrance with all that have come, to be drained; undefined when nobody came, and then nobody is let in. */
  async end(): Promise<E | undefined> {
    this.#ending = true;
    return await this.#loading;
  }

  async #load(): Promise<E | undefined> {
    try {
      this.#loaded = await this.#options.load();
    } catch (error) {
      if (!this.#ending) this.#options.log.error("An entrance could not be opened", { error });
      this.#loading = undefined;
    }
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [socket, version] of waiting) {
      if (!this.#loaded) socket.destroy();
      else if (!socket.destroyed) this.#loaded.welcome(socket, version);
    }
    return this.#loaded;
  }
}

/** A peer that leaves before it was heard is no event. */
function ignore(): void {}
