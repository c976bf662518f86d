/**
 * Who this program is, by a file that somebody else keeps up to date: the platform, for what it starts and for whoever
 * may read what only its owner may.
 */
import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Clock, systemClock } from "../core/clock.ts";
import type { CredentialSource } from "../core/identity.ts";

/**
 * How often it looks by itself: the system may have no watches left, and half of the life of a token is the time to
 * notice the next one.
 */
const lookEveryMs = 30_000;

/** There need be no such file, now or ever: then this is nobody known. Disposing it forgets who listens. */
export class IdentityFile implements CredentialSource, Disposable {
  readonly path: string;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  /** What was read last by who asked. */
  #asked: string | undefined;
  /** The token that listeners know of. */
  #told: string | undefined;
  #watcher: FSWatcher | undefined;
  #looking: Disposable | undefined;

  constructor(path: string, { clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.path = path;
    this.#clock = clock;
  }

  /** Read anew each time: it is small, and who asks has a connection to make. */
  async token(): Promise<string | undefined> {
    this.#asked = await this.#read();
    return this.#asked;
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#begin();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
        if (this.#listeners.size === 0) this.#end();
      },
    };
  }

  [Symbol.dispose](): void {
    this.#listeners.clear();
    this.#end();
  }

  async #read(): Promise<string | undefined> {
    try {
      return (await readFile(this.path, "utf8")).trim() || undefined;
    } catch {
      // Not there, or not for us: both are nobody known, and whoever then refuses says what to do.
      return undefined;
    }
  }

  /** Whoever listens has asked before, and may have been told what is old by now. */
  #begin(): void {
    this.#told = this.#asked;
    this.#watch();
    this.#lookLater();
    void this.#look();
  }

  /** Of the folder: the file is replaced, and a watch of it would stay with the one before. */
  #watch(): void {
    try {
      const watcher = watch(dirname(this.path), { persistent: false }, () => void this.#look());
      watcher.on("error", () => watcher.close());
      this.#watcher = watcher;
    } catch {
      // No folder or no watches left: the file is looked at all the same, only later.
      this.#watcher = undefined;
    }
  }

  #lookLater(): void {
    const timer = this.#clock.after(
      lookEveryMs,
      () => {
        this.#lookLater();
        void this.#look();
      },
      { background: true },
    );
    this.#looking = { [Symbol.dispose]: () => timer.cancel() };
  }

  async #look(): Promise<void> {
    const token = await this.#read();
    if (token === this.#told) return;
    this.#told = token;
    for (const listener of this.#listeners) listener();
  }

  #end(): void {
    this.#watcher?.close();
    this.#looking?.[Symbol.dispose]();
  }
}
