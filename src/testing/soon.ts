/** Waits of a case: what does not come is a claim that does not hold, and not a test that hangs. */
import assert from "node:assert/strict";

/** Long for a busy machine, and well within the time of a case. */
export const soonMs = 10_000;

/** @throws {AssertionError} when it has not settled after `soonMs`: `what` did not come */
export async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const message = `${what} did not come within ${soonMs} ms`;
  // Made here, where the stack says who waits.
  const error = new assert.AssertionError({ message, stackStartFn: soon });
  const timer = setTimeout(() => late.reject(error), soonMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
