/**
 * Says in the log which rule has refused whom: its caller hears only that it may not. Whom nobody knows is not spoken
 * of, as anybody on the way could fill a log with that.
 */
import type { Decision, Resource } from "../../core/access-rules.ts";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/log.ts";
import { TokenBucket } from "../../core/token-bucket.ts";
import type { Known } from "../doorkeeper.ts";

/** Enough to see who is refused what, and a log that can be read while somebody tries all there is. */
export const toldPerMinute = 10;

export class ToldRefusals {
  readonly #log: Pick<Logger, "info"> | undefined;
  readonly #told: TokenBucket;

  constructor(log: Pick<Logger, "info"> | undefined, clock: Clock) {
    this.#log = log;
    this.#told = new TokenBucket(clock, toldPerMinute);
  }

  tell(
    known: Known,
    { namespace, resource }: { readonly namespace: string; readonly resource: Resource },
    { rule }: Decision,
  ): void {
    if (!known || !this.#log) return;
    if (this.#told.take(toldPerMinute / 60, { most: toldPerMinute }) > 0) return;
    const { type, name, endpoint } = resource;
    this.#log.info("A call was refused", {
      account: known.account,
      of: known.namespace,
      resource: `${type}:${name}:${endpoint}`,
      in: namespace,
      rule: rule ? `"${rule.id}" denies it` : "none grants it",
    });
  }
}
