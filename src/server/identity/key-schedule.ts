/**
 * Another key signs tokens when the one that does is old. It looks at the clock on the wall once in a while instead of
 * waiting for a month: so a platform that was off for the time, or a machine that slept, is not forgotten.
 */
import type { Auth } from "../../blocks/auth/index.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";

export interface KeyScheduleOptions {
  readonly auth: Pick<Auth, "rotateKeys">;
  readonly clock: Clock;
  readonly log: Pick<Logger, "warn">;
}

/** A key is published hours before it signs: who looks so often is never late. It costs reading a few records. */
const lookEveryMs = 3_600_000;

/** What cannot be done because the store is away. */
const againMs = 60_000;

/** As the audit names it. */
const by = "the clock";

/** Disposing it ends it. */
export function openKeySchedule({ auth, clock, log }: KeyScheduleOptions): AsyncDisposable {
  const closing = new AbortController();
  const { signal } = closing;
  const looking = look();

  async function look(): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one look after the other
        await auth.rotateKeys({ ifDue: true, by, signal });
        failures = 0;
      } catch (error) {
        failures += 1;
        const { code, message } = ReefError.from(error);
        if (failures === 1 && !signal.aborted) {
          log.warn("The age of the signing keys is not known", { code, message });
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
