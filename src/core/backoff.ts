/** Waiting longer after each failure, with jitter, so that many clients do not return in step. */

export interface BackoffOptions {
  /** Wait after the first failure. @default 50 */
  readonly baseMs?: number;
  /** No wait is longer than this, before jitter. @default 5_000 */
  readonly maxMs?: number;
  /** A wait is multiplied by 1 to 1 + jitter; 0 switches it off. @default 0.5 */
  readonly jitter?: number;
  /** Uniform in [0, 1); tests pass their own. @default Math.random */
  readonly random?: () => number;
}

/** How long to wait after `failures` failures in a row (1 for the first), in milliseconds. */
export function backoffMs(failures: number, options: BackoffOptions = {}): number {
  const { baseMs = 50, maxMs = 5_000, jitter = 0.5, random = Math.random } = options;
  const plain = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return plain * (1 + jitter * random());
}
