import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../testing/manual-clock.ts";
import { Alarm } from "./alarm.ts";

const dayMs = 86_400_000;

/** An alarm whose chore answers what it is told to, and when it rang. */
function createCase(answer: (rings: number) => number) {
  const clock = createManualClock();
  const rangAtMs: number[] = [];
  const chore = async () => answer(rangAtMs.push(clock.monotonicMs()));
  const alarm = new Alarm({ clock, nowMs: () => clock.monotonicMs(), chore });
  return { clock, rangAtMs, alarm };
}

test("Alarm rings at the earliest time that was set, and when its chore said", async () => {
  const { clock, rangAtMs, alarm } = createCase((rings) => (rings === 1 ? 250 : Infinity));
  using _ = alarm;
  alarm.set(200);
  alarm.set(100);
  alarm.set(300);
  await clock.advance(1_000);
  assert.deepEqual(rangAtMs, [100, 250]);
});

test("Alarm rings after many days, not before", async () => {
  const { clock, rangAtMs, alarm } = createCase(() => Infinity);
  using _ = alarm;
  alarm.set(40 * dayMs);
  await clock.advance(41 * dayMs);
  assert.deepEqual(rangAtMs, [40 * dayMs]);
});

test("Alarm rings again when its chore has failed", async () => {
  const { clock, rangAtMs, alarm } = createCase((rings) => {
    assert(rings > 1, "the first time fails");
    return Infinity;
  });
  using _ = alarm;
  alarm.set(100);
  await clock.advance(5_000);
  assert.deepEqual(rangAtMs, [100, 1_100]);
});

test("Alarm that is disposed does not ring, and leaves no timer", async () => {
  const { clock, rangAtMs, alarm } = createCase(() => Infinity);
  alarm.set(100);
  alarm[Symbol.dispose]();
  alarm.set(50);
  assert.equal(clock.pending, 0);
  await clock.advance(1_000);
  assert.deepEqual(rangAtMs, []);
});
