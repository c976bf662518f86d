/**
 * How often something may be done: a bucket that fills evenly, and holds as much as comes in a second, or as it is
 * told.
 */
import type { Clock } from "./clock.ts";

/** Of what it holds: so many are taken at one look at the clock, which costs more than all else here. */
const aheadShare = 0.001;

export class TokenBucket {
  readonly #clock: Clock;
  #tokens: number;
  #atMs: number;
  /** Taken from the tokens for calls to come, at this rate. */
  #ahead = 0;
  #perSecond = 0;

  /** It begins with this. */
  constructor(clock: Clock, tokens: number) {
    this.#clock = clock;
    this.#tokens = tokens;
    this.#atMs = clock.monotonicMs();
  }

  /**
   * `most` is what it holds, give or take a thousandth. Takes one, and is 0; or milliseconds until there is one,
   * `Infinity` where there never is.
   */
  take(perSecond: number, { most = Math.max(1, perSecond) } = {}): number {
    if (this.#ahead > 0 && perSecond === this.#perSecond) {
      this.#ahead -= 1;
      return 0;
    }
    const nowMs = this.#clock.monotonicMs();
    const come = ((nowMs - this.#atMs) / 1_000) * perSecond;
    this.#atMs = nowMs;
    this.#tokens = Math.min(most, this.#tokens + this.#ahead + come);
    this.#ahead = 0;
    this.#perSecond = perSecond;
    if (perSecond === 0) return Infinity;
    if (this.#tokens < 1) return ((1 - this.#tokens) * 1_000) / perSecond;
    const taken = Math.min(Math.floor(this.#tokens), Math.max(1, Math.floor(most * aheadShare)));
    this.#tokens -= taken;
    this.#ahead = taken - 1;
    return 0;
  }

  /** The one that was taken was not needed. What is too much is lost when the next one is taken. */
  giveBack(): void {
    this.#tokens += 1;
  }
}
