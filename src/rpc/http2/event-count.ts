/** How often something may happen: so often at once, and so often a second after that. */
import type { Clock } from "../../core/clock.ts";

export interface CountLimits {
  readonly atOnce: number;
  readonly perSecond: number;
}

export class EventCount {
  readonly #limits: CountLimits;
  readonly #clock: Clock;
  #left: number;
  #atMs: number;

  constructor(limits: CountLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#left = limits.atOnce;
    this.#atMs = clock.monotonicMs();
  }

  /** Whether one more is within the limit. It looks at the clock only when all is used up. */
  another(): boolean {
    if (this.#left < 1) this.#refill();
    this.#left -= 1;
    return this.#left >= 0;
  }

  /** Some more may happen. */
  earn(count: number): void {
    this.#left = Math.min(this.#limits.atOnce, this.#left + count);
  }

  #refill(): void {
    const { atOnce, perSecond } = this.#limits;
    const nowMs = this.#clock.monotonicMs();
    const come = ((nowMs - this.#atMs) / 1_000) * perSecond;
    this.#left = Math.min(atOnce, Math.max(0, this.#left) + come);
    this.#atMs = nowMs;
  }
}
