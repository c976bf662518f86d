/** Waits for a start, for no longer than somebody wants to. */
import type { Clock } from "../../../../core/clock.ts";
import type { StartOutcome } from "./start-outcome.ts";

export interface StartWait {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The outcome; `too-slow` when the time was over first. Rejects with the signal's reason. */
export async function waitForStart(
  outcome: Promise<StartOutcome>,
  { clock, timeoutMs, signal }: StartWait,
): Promise<StartOutcome | { readonly kind: "too-slow" }> {
  const over = Promise.withResolvers<{ readonly kind: "too-slow" }>();
  const timer = clock.after(timeoutMs, () => over.resolve({ kind: "too-slow" }));
  try {
    return await unlessAborted(Promise.race([outcome, over.promise]), signal);
  } finally {
    timer.cancel();
  }
}

/** What `work` settles to, unless the signal fires first; the work itself goes on. */
export async function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return await work;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
