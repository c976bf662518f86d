/** How a start of a service goes, for those who wait for it. */

/** How it went. */
export type StartOutcome =
  | { readonly kind: "ready" }
  /** `how`: `exit code 1`. */
  | { readonly kind: "ended"; readonly how: string; readonly output: readonly string[] }
  /** Somebody stopped it before it was ready. */
  | { readonly kind: "stopped" };

/** A start that is about to begin. */
export interface NextStart {
  /** Never rejects. */
  readonly outcome: Promise<StartOutcome>;
}

/** Those who wait for the next outcome. */
export class StartWaiters {
  #waiters: ((outcome: StartOutcome) => void)[] = [];

  next(): NextStart {
    return { outcome: new Promise((resolve) => this.#waiters.push(resolve)) };
  }

  settle(outcome: StartOutcome): void {
    for (const resolve of this.#waiters.splice(0)) resolve(outcome);
  }
}
