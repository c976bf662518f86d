import assert from "node:assert/strict";
import { test } from "node:test";

import { createManualClock } from "../../testing/manual-clock.ts";
import { Keepalive } from "./keepalive.ts";

function open(taken: () => boolean = () => false) {
  const clock = createManualClock();
  const seen: string[] = [];
  const keepalive = new Keepalive(clock, 100, {
    ping: () => void seen.push("ping"),
    taken,
    dead: (silentMs) => void seen.push(`dead ${silentMs}`),
  });
  return { clock, seen, keepalive };
}

test("Keepalive asks three times and then knows that the peer is dead", async () => {
  const { clock, seen } = open();
  await clock.advance(10_000);
  assert.deepEqual(seen, ["ping", "ping", "ping", "dead 400"]);
  assert.equal(clock.pending, 0);
});

test("Keepalive begins to count again when something is heard, and asks nobody who talks", async () => {
  const { clock, seen, keepalive } = open();
  await clock.advance(300);
  keepalive.heard();
  await clock.advance(300);
  assert.equal(seen.filter((each) => each === "ping").length, 5);
  for (let n = 0; n < 10; n += 1) {
    keepalive.heard();
    await clock.advance(100);
  }
  assert.equal(seen.length, 5);
});

test("Keepalive takes a peer for alive that takes what waited for it", async () => {
  const { clock, seen } = open(() => true);
  await clock.advance(10_000);
  assert.deepEqual(seen, []);
});

test("stop() leaves no timer behind", async () => {
  const { clock, seen, keepalive } = open();
  keepalive.stop();
  assert.equal(clock.pending, 0);
  await clock.advance(1_000);
  assert.deepEqual(seen, []);
});
