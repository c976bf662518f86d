/**
 * The connections of an entrance whose code is loaded when the first of them comes: most starts are over long before
 * anybody calls over HTTP, and many processes are never called so. Until then nothing that a connection has sent is
 * read, so that nothing of it is lost.
 */
import type { Socket } from "node:net";
import type { Clock, Timer } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";

export type HttpVersion = "http1" | "http2";

/** What connections are given to, their first bytes still unread. */
export interface Entrance {
  welcome(socket: Socket, version: HttpVersion): void;
}

export interface LateEntranceOptions<E extends Entrance> {
  /** Called with the first connection, and again with a later one if it has failed. The signal fires at the end. */
  readonly load: (options: { readonly signal: AbortSignal }) => Promise<E>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Code is there in a tenth of that; what it has to ask of others may be away, and then the caller is to hear of it. */
export const entranceWaitMsMax = 5_000;

interface Waiting {
  readonly version: HttpVersion;
  readonly late: Timer;
}

export class LateEntrance<E extends Entrance> {
  readonly #options: LateEntranceOptions<E>;
  readonly #waiting = new Map<Socket, Waiting>();
  #loading: Promise<E | undefined> | undefined;
  #loaded: E | undefined;
  readonly #ending = new AbortController();

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
    if (this.#ending.signal.aborted && !this.#loading) return void socket.destroy();
    const { clock } = this.#options;
    const late = clock.after(entranceWaitMsMax, () => socket.destroy(), { background: true });
    // Whoever listens limits them, as all of its connections.
    this.#waiting.set(socket, { version, late });
    // One that breaks while it waits would be an exception.
    socket.on("error", ignore);
    this.#loading ??= this.#load();
  }

  /** The entrance with all that have come, to be drained; undefined when nobody came, and then nobody is let in. */
  async end(): Promise<E | undefined> {
    this.#ending.abort(new ReefError("cancelled", "The entrance closes"));
    return await this.#loading;
  }

  async #load(): Promise<E | undefined> {
    const { load, log } = this.#options;
    const { signal } = this.#ending;
    try {
      this.#loaded = await load({ signal });
    } catch (error) {
      if (!signal.aborted) log.error("An entrance could not be opened", { error });
      this.#loading = undefined;
    }
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [socket, { version, late }] of waiting) {
      late.cancel();
      if (!this.#loaded) socket.destroy();
      else if (!socket.destroyed) this.#loaded.welcome(socket, version);
    }
    return this.#loaded;
  }
}

/** A peer that leaves before it was heard is no event. */
function ignore(): void {}
