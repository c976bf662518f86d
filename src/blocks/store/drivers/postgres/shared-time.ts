/**
 * The time that entries expire by, when several platforms keep one store. Each goes on by its own monotonic clock, so
 * that no change of a wall clock moves it; each takes over a later time that another one has noted, so that they agree.
 * What was noted before this platform came is as old as the clock of its machine says, when it was noted there since
 * the machine was started, else as old as the server's wall clock says.
 */
import type { Clock } from "../../../../core/clock.ts";
import { type Note, StoreTime } from "../rows/store-time.ts";

export class SharedTime {
  readonly #own: StoreTime;
  /** What others are ahead. */
  #aheadMs = 0;

  /** `wallMs` is the server's wall clock, just now. */
  constructor(clock: Clock, bootId: string, last: Note, wallMs: number) {
    this.#own = new StoreTime({ ...clock, wallMs: () => wallMs }, bootId, last);
  }

  nowMs(): number {
    return this.#own.nowMs() + this.#aheadMs;
  }

  /** Somebody noted this time. */
  observe(timeMs: number): void {
    this.#aheadMs += Math.max(0, timeMs - this.nowMs());
  }

  /** What is to be noted. */
  note(wallMs: number): Note {
    return { ...this.#own.note(), timeMs: this.nowMs(), wallMs };
  }
}
