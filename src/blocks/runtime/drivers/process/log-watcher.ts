/** When to look at a log file again: soon after it has grown, not after each write, and now and then in any case. */
import { type FSWatcher, watch } from "node:fs";
import type { Clock, Timer } from "../../../../core/clock.ts";
import type { Logger } from "../../../../core/log.ts";

/** Lines that come closer together share a time, and a service that writes without pause costs 50 looks a second. */
const lookPauseMs = 20;

/** Where the file system does not tell of changes (network, some containers), somebody has to look. */
const lookAnywayMs = 1_000;

export interface LogWatcherOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether there was anything new. */
  look(): boolean;
}

export class LogWatcher implements Disposable {
  readonly #path: string;
  readonly #options: LogWatcherOptions;
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;

  constructor(path: string, options: LogWatcherOptions) {
    this.#path = path;
    this.#options = options;
  }

  /**
   * Every write is an event, and a process that writes without pause would keep the platform busy with them. So after
   * one, looks take the place of events until a look finds nothing new.
   */
  start(): void {
    const { log, look } = this.#options;
    this.#stop();
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => {
        look();
        this.#lookOften();
      });
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch (cause) {
      // Out of watches: the regular look still sees everything, a little later.
      log.debug("Cannot watch a log file", { path: this.#path, cause });
    }
    this.#lookNowAndThen();
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#timer?.cancel();
  }

  #lookOften(): void {
    this.#stop();
    this.#later(lookPauseMs, () => (this.#options.look() ? this.#lookOften() : this.start()));
  }

  /** The first look is for what came before there was a watch. */
  #lookNowAndThen(): void {
    if (this.#options.look()) this.#lookOften();
    else this.#later(lookAnywayMs, () => this.#lookNowAndThen());
  }

  #later(delayMs: number, look: () => void): void {
    this.#timer = this.#options.clock.after(delayMs, look, { background: true });
  }
}
