import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Newcomers } from "./newcomers.ts";

function openTestNewcomers(count: number) {
  const sockets = Array.from({ length: count }, () => new Socket());
  const inside: Socket[] = [];
  const newcomers = new Newcomers((socket) => inside.push(socket));
  for (const socket of sockets) newcomers.add(socket);
  return { sockets, inside, newcomers };
}

test("Newcomers lets an eighth of those in who wait, in each turn and in their order", async () => {
  const { sockets, inside } = openTestNewcomers(16);
  const seen: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await nextTurn();
    seen.push(inside.length);
  }
  assert.deepEqual(seen, [2, 4, 6, 8, 9]);
  assert.deepEqual(inside, sockets.slice(0, 9));
});

test("Newcomers lets a thousand in within fifty turns, and then the next one at once", async () => {
  const { inside, newcomers } = openTestNewcomers(1_000);
  // One after the other: that is what is counted.
  // oxlint-disable-next-line no-await-in-loop
  for (let turn = 0; turn < 50; turn += 1) await nextTurn();
  assert.equal(inside.length, 1_000);
  newcomers.add(new Socket());
  await nextTurn();
  assert.equal(inside.length, 1_001);
});

test("Newcomers.close() lets those go who wait, and nobody in", async () => {
  const { sockets, inside, newcomers } = openTestNewcomers(9);
  newcomers.close();
  await nextTurn();
  assert.deepEqual(inside, []);
  assert.ok(sockets.every((socket) => socket.destroyed));
});
