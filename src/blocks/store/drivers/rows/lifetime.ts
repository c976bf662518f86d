/** Entries with a time: when it is over, and how much of it is left. Times are of the store, in milliseconds. */

/** Rounded up: it may stay a part of a millisecond longer, and is never gone too early. */
export function expiryOf(ttlMs: number, nowMs: number): number {
  return Math.ceil(nowMs + ttlMs);
}

/** Rounded down, so that nobody is told more than was given; at least 1, because it is still there. */
export function remainingMs(expiresMs: number, nowMs: number): number {
  return Math.max(1, Math.floor(expiresMs - nowMs));
}

/** Rows in one turn of cleaning up: others write in between. */
export const sweepRowsMax = 500;
