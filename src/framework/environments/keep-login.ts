/**
 * Renews a login while something runs that lasts longer than a token, and shows the next one to the platform: what is
 * open by the one before goes on with it.
 */
import { type Clock, sleep } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";

export interface KeepLoginOptions {
  /** When the token should be another one; undefined where nobody is logged in. */
  readonly renewMs: () => Promise<number | undefined>;
  /** Any call that shows the token of now. */
  readonly show: () => Promise<unknown>;
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Between attempts while the platform does not answer, or has no other token yet. */
const againMs = 5_000;

/** Resolves when `signal` fires, or when nobody is logged in any more. It keeps no process alive. */
export async function keepLogin({ renewMs, show, clock, signal }: KeepLoginOptions): Promise<void> {
  try {
    for (;;) {
      // Each look is another moment.
      // oxlint-disable-next-line no-await-in-loop
      const dueMs = await renewMs();
      if (dueMs === undefined) return;
      const waitMs = Math.max(againMs, dueMs - clock.wallMs());
      // oxlint-disable-next-line no-await-in-loop
      await sleep(waitMs, { clock, signal, background: true });
      // oxlint-disable-next-line no-await-in-loop
      await show().catch(saidByWhatIsOpen);
    }
  } catch {
    // The end of the command; or something is wrong with the login, which every call of the command says.
    return;
  }
}

/** A platform that is away is met again; one that refuses ends what is open by itself. */
function saidByWhatIsOpen(error: unknown): void {
  if (!(error instanceof ReefError)) throw error;
}
