/**
 * Deadlines of many calls with one timer. A `setTimeout` or `AbortSignal.timeout` per call costs more than the call
 * itself, so waiting calls stand in a list that is walked every `sweepMs`; a deadline is kept to that precision.
 */
import { type Clock, systemClock, type Timer } from "./clock.ts";

/**
 * Anything with a deadline. The list is intrusive: no allocation to join or leave it. Not a class to inherit from: what
 * `super()` is has to be looked up for each object, which was 4 % of what a call cost.
 */
export interface Expiring {
  /** On the monotonic clock; `Infinity` for none. */
  readonly deadlineAt: number;
  /** Of the list, all three; undefined outside of it. */
  sweepNext: Expiring | undefined;
  sweepPrevious: Expiring | undefined;
  sweep: DeadlineSweep | undefined;
  /** The deadline has passed. Called once, out of the list. */
  expire(): void;
}

/** Coarse enough to cost nothing, fine enough that nobody notices: a tenth of the shortest sensible timeout. */
export const sweepMs = 20;

export class DeadlineSweep {
  readonly clock: Clock;
  #first: Expiring | undefined;
  #timer: Timer | undefined;
  #armedAtWallMs = 0;

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
  }

  /**
   * The wall clock; while something is in the list as of the last walk, as a look for each call would cost too much.
   */
  get wallMs(): number {
    return this.#timer ? this.#armedAtWallMs : this.clock.wallMs();
  }

  add(item: Expiring): void {
    if (item.deadlineAt === Infinity || item.sweep) return;
    item.sweep = this;
    item.sweepNext = this.#first;
    if (this.#first) this.#first.sweepPrevious = item;
    this.#first = item;
    if (!this.#timer) this.#arm();
  }

  remove(item: Expiring): void {
    if (item.sweep !== this) return;
    item.sweep = undefined;
    if (item.sweepPrevious) item.sweepPrevious.sweepNext = item.sweepNext;
    else this.#first = item.sweepNext;
    if (item.sweepNext) item.sweepNext.sweepPrevious = item.sweepPrevious;
    item.sweepNext = undefined;
    item.sweepPrevious = undefined;
  }

  readonly #walk = (): void => {
    this.#timer = undefined;
    const now = this.clock.monotonicMs();
    // Collected first: an expiring call may add or remove others while the list is walked.
    const due: Expiring[] = [];
    for (let item = this.#first; item; item = item.sweepNext) {
      if (item.deadlineAt <= now) due.push(item);
    }
    for (const item of due) {
      if (item.sweep !== this) continue;
      this.remove(item);
      item.expire();
    }
    if (this.#first && !this.#timer) this.#arm();
  };

  #arm(): void {
    this.#armedAtWallMs = this.clock.wallMs();
    this.#timer = this.clock.after(sweepMs, this.#walk);
  }
}
