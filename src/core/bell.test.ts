import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { Bell } from "./bell.ts";

const { signal } = new AbortController();

test("Listener.next() says the first that happened in its place since it was asked", async () => {
  const bell = new Bell();
  using trips = bell.listen("trips");
  using riders = bell.listen("riders");
  bell.ring("trips", 1);
  bell.ring("riders", 2);
  bell.ring("trips", 3);
  assert.deepEqual([await trips.next(signal), await riders.next(signal)], [1, 2]);
  const waiting = trips.next(signal);
  bell.ring("riders", 4);
  bell.ring("trips", 5);
  assert.equal(await waiting, 5);
});

test("Listener.next() is undefined when its signal fires, and leaves no listener on it", async () => {
  using listener = new Bell().listen("trips");
  const leaving = new AbortController();
  const waiting = listener.next(leaving.signal);
  leaving.abort();
  assert.equal(await waiting, undefined);
  assert.equal(await listener.next(leaving.signal), undefined);
  assert.equal(getEventListeners(leaving.signal, "abort").length, 0);
});

test("Bell.end() rejects everybody's next() with its reason", async () => {
  const bell = new Bell();
  using one = bell.listen("trips");
  using other = bell.listen("riders");
  const reason = new Error("closed");
  const waiting = assert.rejects(one.next(signal), reason);
  bell.end(reason);
  await waiting;
  await assert.rejects(other.next(signal), reason);
});
