import assert from "node:assert/strict";
import { test } from "node:test";

import type { ClientCall } from "../client-call.ts";
import { CallSlots } from "./call-slots.ts";

/** Slots look at nothing of a call but its number. */
function call(): ClientCall {
  return { id: 0 } as ClientCall;
}

test("take() never gives the number 0, and a slot again only under another number", () => {
  const slots = new CallSlots(1);
  const first = slots.take(call());
  assert.notEqual(first, 0);
  assert.equal(slots.full, true);
  assert.equal(slots.free(first), true);
  assert.equal(slots.free(first), false);
  const owner = call();
  const second = slots.take(owner);
  assert.equal(second & 0xffff, first & 0xffff);
  assert.equal(slots.find(first), undefined);
  assert.equal(slots.find(second), owner);
});

test("take() begins again with the first generation after 65,536, and numbers stay u32", () => {
  const slots = new CallSlots(1);
  const first = slots.take(call());
  slots.free(first);
  for (let generation = 1; generation < 65_536; generation += 1) {
    const id = slots.take(call());
    assert(id > first && id <= 0xffff_ffff);
    slots.free(id);
  }
  const owner = call();
  assert.equal(slots.take(owner), first);
  assert.equal(slots.find(first), owner);
});

test("find() knows nobody under numbers that were never given", () => {
  const slots = new CallSlots(10);
  slots.take(call());
  for (const id of [0, 2, 0xffff_ffff, 65_537]) {
    assert.equal(slots.find(id), undefined);
    assert.equal(slots.free(id), false);
  }
});

test("takeAll() gives all calls under way and leaves none", () => {
  const slots = new CallSlots(100);
  const calls = Array.from({ length: 10 }, call);
  for (const each of calls) each.id = slots.take(each);
  slots.free(calls[4]?.id ?? 0);
  assert.equal(slots.idle, false);
  assert.deepEqual(
    slots.takeAll(),
    calls.filter((_, n) => n !== 4),
  );
  assert.equal(slots.idle, true);
  assert.deepEqual(slots.takeAll(), []);
});
