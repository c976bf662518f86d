/**
 * What wakes the watches of one platform. Its own writes it hears at once, those of other platforms by asking; both
 * ways lead through here, because a watch may be told of a write only behind all earlier ones.
 *
 * `through` is the revision up to which everybody was told. It is unknown as long as nobody listens; the first one who
 * does asks for the present moment before it looks for changes, and so learns everything up to that by itself.
 */
import type { Bell, Listener } from "../../../../core/bell.ts";
import { type Clock, sleep } from "../../../../core/clock.ts";
import { historyGone } from "../rows/watch.ts";
import type { News } from "./history.ts";

export interface HearingOptions {
  readonly bell: Bell;
  readonly clock: Clock;
  /** What happened behind a revision; fails while the server is away. */
  readonly ask: (revision: number) => Promise<News>;
}

/** Between two questions while others write: so long a watch of another platform's writes is behind at most. */
const pollMsMin = 50;

/** Between two questions while nobody writes, which is also what the first write then waits. */
const pollMsMax = 200;

/** Each question in vain makes the next one wait this much longer. */
const pollGrowth = 1.2;

export class Hearing {
  readonly #options: HearingOptions;
  readonly #over = new AbortController();
  #listeners = 0;
  #through: number | undefined;
  #polling: Promise<void> | undefined;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  listen(place: string): Listener {
    const listener = this.#options.bell.listen(place);
    this.#listeners += 1;
    this.#polling ??= this.#poll();
    return {
      next: (signal) => listener.next(signal),
      [Symbol.dispose]: () => {
        listener[Symbol.dispose]();
        this.#listeners -= 1;
        if (this.#listeners === 0) this.#through = undefined;
      },
    };
  }

  /** A watch has learned the present moment. */
  begin(revision: number): void {
    if (this.#listeners > 0) this.#through ??= revision;
  }

  /** One transaction of this platform: what it wrote, and the revision before it. */
  wrote(before: number, written: News["written"], revision: number): void {
    // Others have written in between: that comes first, with the next question.
    if (this.#through === before) this.#ring(written, revision);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#polling;
  }

  async #poll(): Promise<void> {
    const { clock } = this.#options;
    let waitMs = pollMsMin;
    while (this.#listeners > 0 && !this.#over.signal.aborted) {
      // One question after the other, for as long as somebody listens.
      // oxlint-disable-next-line no-await-in-loop
      await sleep(waitMs, { clock, signal: this.#over.signal, background: true }).catch(() => {});
      // oxlint-disable-next-line no-await-in-loop
      const heard = await this.#look();
      waitMs = heard ? pollMsMin : Math.min(pollMsMax, waitMs * pollGrowth);
    }
    this.#polling = undefined;
  }

  /** Whether there was anything. */
  async #look(): Promise<boolean> {
    const from = this.#through;
    if (from === undefined || this.#over.signal.aborted) return false;
    try {
      const { forgotten, written, revision } = await this.#options.ask(from);
      if (this.#through === undefined || revision <= this.#through) return false;
      // What is not known any more may have been anybody's.
      if (forgotten > this.#through) this.#options.bell.end(historyGone());
      this.#ring(written, revision);
      return true;
    } catch {
      // The server is away: whoever asks it is told so, and whoever waits here goes on when it is back.
      return false;
    }
  }

  #ring(written: News["written"], revision: number): void {
    for (const each of written) this.#options.bell.ring(each.place, each.revision);
    this.#through = revision;
  }
}
