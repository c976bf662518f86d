/** Wakes a chore at a time of its owner. It never fails: whoever uses the owner is told of what fails, too. */
import type { Clock, Timer } from "./clock.ts";

/** What is done, and by which clock. */
export interface AlarmOptions {
  readonly clock: Clock;
  /** The time of the owner, which goes as fast as the clock. */
  readonly nowMs: () => number;
  /** Returns when it is wanted next; `Infinity`: not before somebody sets the alarm. */
  readonly chore: () => Promise<number>;
}

/** A day: timers of JavaScript know no time longer than 24 of them, and a day's waking costs nothing. */
const timerMsMax = 86_400_000;

/** Until a chore that failed is tried again: a full disk, or a server that is away, stays so for a while. */
const retryMs = 1_000;

export class Alarm implements Disposable {
  readonly #options: AlarmOptions;
  #timer: Timer | undefined;
  #atMs = Infinity;
  #ringing = false;
  #over = false;

  constructor(options: AlarmOptions) {
    this.#options = options;
  }

  /** The chore is wanted at this time, or earlier if somebody else wants it. */
  set(atMs: number): void {
    if (this.#over || atMs >= this.#atMs) return;
    this.#atMs = atMs;
    // It looks itself when it has rung.
    if (!this.#ringing) this.#arm();
  }

  [Symbol.dispose](): void {
    this.#over = true;
    this.#timer?.cancel();
  }

  #arm(): void {
    const { clock, nowMs } = this.#options;
    this.#timer?.cancel();
    if (this.#over || this.#atMs === Infinity) return;
    const delayMs = Math.min(this.#atMs - nowMs(), timerMsMax);
    if (delayMs <= 0) void this.#ring();
    else this.#timer = clock.after(delayMs, () => this.#arm(), { background: true });
  }

  async #ring(): Promise<void> {
    const { nowMs, chore } = this.#options;
    this.#ringing = true;
    this.#atMs = Infinity;
    let nextMs: number;
    try {
      nextMs = await chore();
    } catch {
      nextMs = nowMs() + retryMs;
    }
    this.#ringing = false;
    this.#atMs = Math.min(this.#atMs, nextMs);
    this.#arm();
  }
}
