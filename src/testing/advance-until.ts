import assert from "node:assert/strict";
import type { ManualClock } from "./manual-clock.ts";
import { soonMs } from "./soon.ts";

/**
 * Moves time in steps until `done` has settled: for what takes real time to arrive, through a socket or a thread, and
 * is then waited for by the clock. How many steps that were is chance, and nothing may be claimed of it.
 */
export async function advanceUntil(
  clock: ManualClock,
  done: Promise<unknown>,
  { stepMs }: { readonly stepMs: number },
): Promise<void> {
  const isOver = done.then(
    () => true,
    () => true,
  );
  const step = () => clock.advance(stepMs).then(() => false);
  const endsAtMs = performance.now() + soonMs;
  // oxlint-disable-next-line no-await-in-loop -- one step after the other
  while (!(await Promise.race([isOver, step()]))) {
    assert.ok(performance.now() < endsAtMs, `it did not come within ${soonMs} ms of real time`);
  }
}
