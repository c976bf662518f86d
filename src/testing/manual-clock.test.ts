import assert from "node:assert/strict";
import { test } from "node:test";
import { sleep } from "../core/clock.ts";
import { createManualClock } from "./manual-clock.ts";

test("advance() fires timers in the order of their time, each at its own time", async () => {
  const clock = createManualClock({ wallMs: 1_000 });
  const fired: string[] = [];
  clock.after(20, () => fired.push(`late at ${clock.monotonicMs()}`));
  clock.after(10, () => fired.push(`early at ${clock.wallMs()}`));
  clock.after(10, () => fired.push("second"));
  clock.after(31, () => fired.push("never"));
  await clock.advance(30);
  assert.deepEqual(fired, ["early at 1010", "second", "late at 20"]);
  assert.equal(clock.monotonicMs(), 30);
  assert.equal(clock.pending, 1);
});

test("advance() lets promises settle between timers, and fires what they set", async () => {
  const clock = createManualClock();
  const times: number[] = [];
  const walk = (async () => {
    for (let step = 0; step < 3; step++) {
      await sleep(10, { clock });
      times.push(clock.monotonicMs());
    }
  })();
  await clock.advance(30);
  assert.deepEqual(times, [10, 20, 30]);
  await walk;
});

test("cancel() of a timer keeps it from firing", async () => {
  const clock = createManualClock();
  let fired = false;
  clock.after(5, () => (fired = true)).cancel();
  await clock.advance(10);
  assert.equal(fired, false);
  assert.equal(clock.pending, 0);
});

test("advance() refuses a timer that sets itself again for ever", async () => {
  const clock = createManualClock();
  const again = () => void clock.after(0, again);
  again();
  await assert.rejects(clock.advance(1), { code: "resource_exhausted" });
});
