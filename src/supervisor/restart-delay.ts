/** When a child that failed starts again: soon while that is rare, much later when it keeps failing. */
import { backoffMs } from "../core/backoff.ts";
import type { FailureLimits } from "./child.ts";

export type RestartDelay = { readonly kind: "restart" | "pause"; readonly delayMs: number };

/**
 * Suture's numbers, which are in use in many places, except for two.
 *
 * Suture restarts at once: a child that dies at start then spends all its chances in a millisecond, before a port is
 * free again or a file is there. The delays here double up to 320 ms at the threshold, so a child gets most of a
 * second, and the jitter keeps children that died of one cause from returning in step.
 *
 * Suture forgets all failures after a pause. Here they only fade with time: a child that still fails gets one or two
 * chances between pauses instead of six.
 */
export const failureDefaults: Required<FailureLimits> = {
  halfLifeMs: 30_000,
  threshold: 5,
  restartDelayMs: 20,
  restartDelayMsMax: 1_000,
  pauseMs: 15_000,
};

/** The part of a pause that chance may add; the same as suture's. */
const pauseJitter = 0.5;

/** The delay before the next start, `failures` being the count with the failure that just happened. */
export function restartDelay(
  failures: number,
  limits: Required<FailureLimits>,
  random: () => number,
): RestartDelay {
  if (failures > limits.threshold) {
    return { kind: "pause", delayMs: limits.pauseMs * (1 + pauseJitter * random()) };
  }
  const { restartDelayMs: baseMs, restartDelayMsMax: maxMs } = limits;
  const inARow = Math.max(1, Math.round(failures));
  return { kind: "restart", delayMs: backoffMs(inARow, { baseMs, maxMs, random }) };
}
