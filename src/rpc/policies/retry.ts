/** Whether a failed call may be tried again on another node. */
import type { ReefError } from "../../core/errors.ts";
import { type ClientCall, sendsStream } from "../client-call.ts";

export interface RetryPolicy {
  /** Takes a token from the budget where the retry costs one. */
  allows(call: ClientCall, error: ReefError): boolean;
  /** A call was made: the budget grows with the traffic. */
  earn(): void;
}

export interface RetryOptions {
  /** Attempts that may have been executed, the first included. @default 3 */
  readonly attemptsMax?: number;
  /** Retries for each call made, over time. @default 0.1 */
  readonly budgetRatio?: number;
  /** Retries that may be saved up for a bad moment. @default 100 */
  readonly budgetMax?: number;
}

/**
 * A call that no handler has seen may always be tried again: nothing was done and no node was burdened. One that may
 * have been executed is tried again only when its contract says that this is harmless, it failed because a node was
 * unreachable, and the budget allows it: in an outage retries must not multiply the traffic. A stream is tried again
 * only as long as its caller has seen none of it, and none of what its caller sends was taken.
 */
export function createRetryPolicy(options: RetryOptions = {}): RetryPolicy {
  const { attemptsMax = 3, budgetRatio = 0.1, budgetMax = 100 } = options;
  let budget = budgetMax;
  return {
    allows(call, error) {
      if (error.code !== "unavailable" || call.shown) return false;
      // An iterable can be read only once, and a connection that took the call has begun to.
      if (call.attempts > 0 && sendsStream(call.method.kind)) return false;
      if (!error.maybeExecuted) return true;
      if (!call.method.idempotent || call.attempts >= attemptsMax || budget < 1) return false;
      budget -= 1;
      return true;
    },
    earn() {
      budget = Math.min(budgetMax, budget + budgetRatio);
    },
  };
}
