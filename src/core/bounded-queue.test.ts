import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedQueue } from "./bounded-queue.ts";

test("push() with `block` waits when the queue is full, until an item was taken", async () => {
  const queue = new BoundedQueue<number>({ limit: 2, overflow: "block" });
  assert.equal(queue.push(1), undefined);
  let room = false;
  const waiting = queue.push(2)?.then(() => (room = true));
  await Promise.resolve();
  assert.equal(room, false);
  assert.equal((await queue.next()).value, 1);
  await waiting;
  assert.equal(room, true);
  assert.equal(queue.size, 1);
});

test("push() with `drop-oldest` forgets the first, with `fail` throws", async () => {
  const dropping = new BoundedQueue<number>({ limit: 2, overflow: "drop-oldest" });
  for (const item of [1, 2, 3]) dropping.push(item);
  dropping.end();
  assert.deepEqual(await Array.fromAsync(dropping), [2, 3]);
  const failing = new BoundedQueue<number>({ limit: 1, overflow: "fail" });
  failing.push(1);
  assert.throws(() => failing.push(2), { code: "resource_exhausted", maybeExecuted: false });
  assert.equal(failing.size, 1);
});

test("end() comes after what is queued, with its error once", async () => {
  const queue = new BoundedQueue<number>({ limit: 5, overflow: "block" });
  queue.push(1);
  queue.end({ error: new RangeError("over") });
  queue.end();
  assert.equal(queue.push(2), undefined);
  assert.equal((await queue.next()).value, 1);
  await assert.rejects(queue.next(), RangeError);
  assert.equal((await queue.next()).done, true);
});

test("return() drops what is queued and lets producers go on; a waiting consumer ends", async () => {
  const queue = new BoundedQueue<number>({ limit: 1, overflow: "block" });
  const blocked = queue.push(1);
  await queue.return();
  await blocked;
  assert.deepEqual([queue.size, (await queue.next()).done], [0, true]);
  const empty = new BoundedQueue<number>({ limit: 1, overflow: "block" });
  const waiting = empty.next();
  empty.push(7);
  assert.equal((await waiting).value, 7);
  const last = empty.next();
  empty.end();
  assert.equal((await last).done, true);
});
