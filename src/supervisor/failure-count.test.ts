import assert from "node:assert/strict";
import { test } from "node:test";
import { countFailure, fadedCount, noFailures } from "./failure-count.ts";
import { failureDefaults, restartDelay } from "./restart-delay.ts";

test("countFailure() counts failures of one moment in full", () => {
  const once = countFailure(noFailures, 1_000, 30_000);
  assert.deepEqual(once, { count: 1, atMs: 1_000 });
  assert.deepEqual(countFailure(once, 1_000, 30_000), { count: 2, atMs: 1_000 });
});

test("countFailure() counts a failure of one half-life ago half", () => {
  const once = countFailure(noFailures, 0, 30_000);
  assert.equal(countFailure(once, 30_000, 30_000).count, 1.5);
  assert.equal(fadedCount(once, 60_000, 30_000), 0.25);
  assert.equal(fadedCount(noFailures, 60_000, 30_000), 0);
});

test("restartDelay() doubles up to the threshold and pauses above it", () => {
  const delays = [1, 2, 3, 4, 5, 5.01].map((count) =>
    restartDelay(count, failureDefaults, () => 0),
  );
  assert.deepEqual(
    delays.map(({ kind, delayMs }) => `${kind} ${delayMs}`),
    ["restart 20", "restart 40", "restart 80", "restart 160", "restart 320", "pause 15000"],
  );
});

test("restartDelay() adds up to half of the delay by chance, so that children do not return in step", () => {
  const almostOne = () => 0.999_999;
  assert.equal(Math.round(restartDelay(1, failureDefaults, almostOne).delayMs), 30);
  assert.equal(Math.round(restartDelay(6, failureDefaults, almostOne).delayMs), 22_500);
});
