import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../testing/manual-clock.ts";
import { DeadlineSweep, type Expiring, sweepMs } from "./deadline.ts";

class Item implements Expiring {
  deadlineAt = Infinity;
  sweepNext: Expiring | undefined;
  sweepPrevious: Expiring | undefined;
  sweep: DeadlineSweep | undefined;
  readonly #expired: () => void;

  constructor(deadlineAt: number, expired: () => void) {
    this.deadlineAt = deadlineAt;
    this.#expired = expired;
  }

  expire(): void {
    this.#expired();
  }
}

function open() {
  const clock = createManualClock();
  const sweep = new DeadlineSweep(clock);
  const expired: string[] = [];
  function add(name: string, deadlineAt: number, then: () => void = () => {}): Item {
    const item = new Item(deadlineAt, () => {
      expired.push(name);
      then();
    });
    sweep.add(item);
    return item;
  }
  return { clock, sweep, expired, add };
}

test("DeadlineSweep expires each item once, no more than a sweep late, and then keeps no timer", async () => {
  const { clock, expired, add } = open();
  add("late", 100);
  add("early", 30);
  await clock.advance(29);
  assert.deepEqual(expired, []);
  await clock.advance(1 + sweepMs);
  assert.deepEqual(expired, ["early"]);
  await clock.advance(1_000);
  assert.deepEqual(expired, ["early", "late"]);
  assert.equal(clock.pending, 0);
});

test("remove() takes an item out wherever it stands; a second time, and one without a deadline, are harmless", async () => {
  const { clock, sweep, expired, add } = open();
  const items = ["a", "b", "c", "d"].map((name) => add(name, 10));
  add("never", Infinity);
  for (const at of [3, 0, 1, 1]) {
    const item = items[at];
    if (item) sweep.remove(item);
  }
  await clock.advance(1_000);
  assert.deepEqual(expired, ["c"]);
  assert.equal(clock.pending, 0);
});

test("expire() may add and remove others", async () => {
  const { clock, sweep, expired, add } = open();
  const first = add("first", 10);
  add("second", 10, () => {
    sweep.remove(first);
    add("third", 10);
  });
  await clock.advance(1_000);
  // The newest stands first, so the second runs before the first and takes it out.
  assert.deepEqual(expired, ["second", "third"]);
});

test("wallMs is the wall clock, at most a walk late while something has a deadline", async () => {
  const { clock, sweep, add } = open();
  const startMs = clock.wallMs();
  assert.equal(sweep.wallMs, startMs);
  add("late", 100);
  await clock.advance(sweepMs - 1);
  assert.equal(sweep.wallMs, startMs);
  await clock.advance(1);
  assert.equal(sweep.wallMs, startMs + sweepMs);
  await clock.advance(1_000);
  assert.equal(sweep.wallMs, clock.wallMs());
});
