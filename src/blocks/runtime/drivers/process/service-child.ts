/** A service as a child of the supervisor: how long its start may take, and when it is started again. */
import type { ChildSpec } from "../../../../supervisor/child.ts";

/** Whoever waits for a start has a limit of its own, which then has the first word. */
const readyTimeoutSlackMs = 1_000;

/**
 * A service that was ready once is wanted back within a second, however often somebody kills it: callers wait. One that
 * fails twenty times in about half a minute has more than bad luck, and is left alone for a while.
 */
const failureLimits = { threshold: 20, restartDelayMs: 10, restartDelayMsMax: 200 };

export function serviceChild(
  name: string,
  readyTimeoutMs: number,
  run: ChildSpec["run"],
): ChildSpec {
  return {
    name,
    restart: "permanent",
    readyTimeoutMs: readyTimeoutMs + readyTimeoutSlackMs,
    failures: failureLimits,
    run,
  };
}
