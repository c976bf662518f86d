import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { Feed } from "./feed.ts";

test("read() yields the present, then what is told, and only what the reader wants", async () => {
  const feed = new Feed<number>({ backlogMax: 10 });
  feed.tell(1);
  const reader = feed.read({ present: [10, 11], wants: (event) => event % 2 === 0 });
  for (const event of [2, 3, 4]) feed.tell(event);
  assert.deepEqual(await take(reader, 4), [10, 11, 2, 4]);
});

test("tell() cuts off the reader that falls behind, after what was held for it", async () => {
  const feed = new Feed<number>({ backlogMax: 2 });
  const slow = feed.read({ present: [0, 0, 0] });
  const quick = feed.read({ present: [] });
  for (const event of [1, 2, 3, 4]) {
    feed.tell(event);
    assert.deepEqual(await take(quick, 1), [event]);
  }
  assert.deepEqual(await take(slow, 5), [0, 0, 0, 1, 2]);
  await assert.rejects(slow.next(), { code: "resource_exhausted" });
  assert.equal((await slow.next()).done, true);
});

test("read() ends when its signal fires or it is left, even while it waits", async () => {
  const feed = new Feed<number>({ backlogMax: 2 });
  for (const present of [[], [1, 2]]) {
    const controller = new AbortController();
    const reader = feed.read({ present, signal: controller.signal });
    const waiting = present.length === 0 ? reader.next() : undefined;
    controller.abort();
    assert.equal((await (waiting ?? reader.next())).done, true);
  }
  const { signal } = new AbortController();
  const left = feed.read({ present: [], signal });
  const waiting = left.next();
  await left.return?.();
  assert.equal((await waiting).done, true);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  const late = feed.read({ present: [1], signal: AbortSignal.abort() });
  assert.equal((await late.next()).done, true);
});

async function take<E>(reader: AsyncIterator<E, undefined>, count: number): Promise<E[]> {
  const events: E[] = [];
  while (events.length < count) {
    const { done, value } = await reader.next();
    if (done) assert.fail(`ended after ${events.length} of ${count}`);
    events.push(value);
  }
  return events;
}
