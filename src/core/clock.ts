/**
 * Time as an argument: whatever waits or measures takes a `Clock`, so that tests move time instead of waiting for it.
 * `monotonicMs` is for durations (it never jumps); `wallMs` is for what a person reads.
 */

export interface Timer {
  /** Forgets the timer; harmless when it has fired. */
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back, unaffected by changes of the wall clock. */
  monotonicMs(): number;
  /** Milliseconds since 1970, as `Date.now()`. */
  wallMs(): number;
  /**
   * Calls `fire` once after `delayMs`.
   * A timer that is `background` does not keep the process alive.
   */
  after(delayMs: number, fire: () => void, options?: { background?: boolean }): Timer;
}

/** Taken once: on Node the global is a getter, and going through it takes half as long as the clock itself. */
const { performance: monotonic } = globalThis;

export const systemClock: Clock = {
  monotonicMs: () => monotonic.now(),
  wallMs: () => Date.now(),
  after(delayMs, fire, options = {}) {
    const timer = setTimeout(fire, delayMs);
    // A browser has a number here, and no process that it could keep alive.
    if (options.background && typeof timer === "object") timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMs` on `clock`; rejects with `signal.reason` when the signal fires first. */
export function sleep(
  delayMs: number,
  options: { clock?: Clock; signal?: AbortSignal | undefined; background?: boolean } = {},
): Promise<void> {
  const { clock = systemClock, signal, background = false } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = clock.after(delayMs, done, { background });
    signal?.addEventListener("abort", abort, { once: true });
    function done() {
      signal?.removeEventListener("abort", abort);
      resolve();
    }
    function abort() {
      timer.cancel();
      reject(signal?.reason);
    }
  });
}
