/**
 * The time that entries expire by: it never goes back, no change of the wall clock moves it, and it goes on while the
 * store is closed.
 *
 * With each write the store notes its time beside the clock of the boot and the wall clock. When it is opened again in
 * the same boot, as much time has passed as the clock of the boot says. In another boot nobody knows but the wall
 * clock: as much has passed as it says, and never less than nothing. So a wall clock that is set while the machine is
 * on counts only if there is no write between that and the end of the boot.
 */
import type { Clock } from "../../../../core/clock.ts";

/** What is noted with each write. */
// A type: rows of SQLite have an index signature, which interfaces do not fit.
export type Note = {
  readonly timeMs: number;
  readonly bootId: string;
  readonly bootMs: number;
  readonly wallMs: number;
};

export class StoreTime {
  readonly #clock: Clock;
  readonly #bootId: string;
  /** What the time is ahead of the clock of the boot. */
  readonly #aheadMs: number;

  /** `clock` is monotonic from one process to the next, within `bootId`. */
  constructor(clock: Clock, bootId: string, last: Note) {
    const bootMs = clock.monotonicMs();
    const passedMs = last.bootId === bootId ? bootMs - last.bootMs : clock.wallMs() - last.wallMs;
    this.#clock = clock;
    this.#bootId = bootId;
    this.#aheadMs = last.timeMs + Math.max(0, passedMs) - bootMs;
  }

  nowMs(): number {
    return this.#clock.monotonicMs() + this.#aheadMs;
  }

  note(): Note {
    const bootMs = this.#clock.monotonicMs();
    const wallMs = this.#clock.wallMs();
    return { timeMs: bootMs + this.#aheadMs, bootId: this.#bootId, bootMs, wallMs };
  }
}
