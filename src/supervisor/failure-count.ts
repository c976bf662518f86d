/** How often something failed lately: each failure adds one, and the sum halves with every half-life. */

export interface FailureCount {
  /** The count at `atMs`. */
  readonly count: number;
  /** Monotonic time of the last failure. */
  readonly atMs: number;
}

export const noFailures: FailureCount = { count: 0, atMs: 0 };

/** The count after one more failure. */
export function countFailure(
  before: FailureCount,
  nowMs: number,
  halfLifeMs: number,
): FailureCount {
  return { count: fadedCount(before, nowMs, halfLifeMs) + 1, atMs: nowMs };
}

/** What is left of a count by now. */
export function fadedCount({ count, atMs }: FailureCount, nowMs: number, halfLifeMs: number) {
  return count === 0 ? 0 : count * 0.5 ** ((nowMs - atMs) / halfLifeMs);
}
