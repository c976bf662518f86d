/**
 * Another key takes the place of one that is old. It looks at the clock on the wall once in a while instead of
 * waiting for a month: so a platform that was off for the time, or a machine that slept, is not forgotten.
 */
import { type Clock, sleep } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";

export interface KeyScheduleOptions {
  /** As the log names them. */
  readonly keys: string;
  /** Makes another one if it is time. */
  rotate(signal: AbortSignal): Promise<unknown>;
  readonly clock: Clock;
  readonly log: Pick<Logger, "warn">;
}

/** A key is published hours before it signs: who looks so often is never late. It costs reading a few records. */
const lookEveryMs = 3_600_000;

/** What cannot be done because the store is away. */
const againMs = 60_000;

/** Disposing it ends it. */
export function openKeySchedule({ keys, rotate, clock, log }: KeyScheduleOptions): AsyncDisposable {
  const closing = new AbortController();
  const { signal } = closing;
  const looking = look();

  async function look(): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one look after the other
        await rotate(signal);
        failures = 0;
      } catch (error) {
        failures += 1;
        const { code, message } = ReefError.from(error);
        if (failures === 1 && !signal.aborted) {
          log.warn(`The age of ${keys} is not known`, { code, message });
        }
      }
      const delayMs = failures > 0 ? againMs : lookEveryMs;
      // oxlint-disable-next-line no-await-in-loop
      await sleep(delayMs, { clock, signal, background: true }).catch(stopped);
    }
  }
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await looking;
    },
  };
}

/** The sleep was ended because the schedule is: the loop sees it by itself. */
function stopped(): void {}
