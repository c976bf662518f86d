/** Hears which tokens are refused from now on, for those who can get others in their place. */
import type { Auth } from "../blocks/auth/index.ts";
import { backoffMs } from "../core/backoff.ts";
import { type Clock, sleep } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { Revocation } from "../core/identity.ts";

export interface FollowRevocationsOptions {
  readonly auth: Pick<Auth, "watch">;
  readonly clock: Clock;
  hear(revocation: Revocation): void;
  /** Nobody known may hear of it: the own token may be among what was revoked. @default nothing is done then */
  refused?(): void;
}

/** Between attempts to hear auth again: nobody waits long for a token that was taken away by mistake. */
const returnMaxMs = 500;

/** Those of the past are told, too; disposing it ends it. */
export function followRevocations({
  auth,
  clock,
  hear,
  refused,
}: FollowRevocationsOptions): AsyncDisposable {
  const closing = new AbortController();
  const { signal } = closing;
  const following = follow();

  async function follow(): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        for await (const event of auth.watch({ signal })) {
          failures = 0;
          if (event.kind === "revoked") hear(event);
        }
      } catch (error) {
        // Auth is away: whoever needs a token hears that from it.
        if (!(error instanceof ReefError)) throw error;
        if (error.code === "unauthenticated" && !signal.aborted) refused?.();
      }
      failures += 1;
      const delayMs = backoffMs(failures, { maxMs: returnMaxMs });
      // oxlint-disable-next-line no-await-in-loop
      await sleep(delayMs, { clock, signal, background: true }).catch(stopped);
    }
  }
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await following;
    },
  };
}

/** The sleep was ended because the following is: the loop sees it by itself. */
function stopped(): void {}
