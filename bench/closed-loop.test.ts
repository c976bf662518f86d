import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { runClosedLoop } from "./closed-loop.ts";

test("runClosedLoop() keeps exactly its callers busy and counts what they did", async () => {
  let underWay = 0;
  let most = 0;
  let made = 0;
  const client = {
    async call(i: number) {
      assert.equal(i, made++);
      most = Math.max(most, ++underWay);
      await setImmediate();
      underWay--;
    },
  };
  const result = await runClosedLoop(client, { concurrency: 7, seconds: 0.05 });
  assert.equal(most, 7);
  assert.equal(underWay, 0);
  assert.equal(result.calls, made);
  // A timer may be a moment early.
  assert.ok(result.elapsedMs > 45);
  const timed = result.latencies.reduce((sum, [, count]) => sum + count, 0);
  assert.ok(timed > 0 && timed <= made);
  assert.ok(result.cpuUs > 0);
});

test("runClosedLoop() ends though its calls never leave the promise queue", async () => {
  const { calls } = await runClosedLoop({ async call() {} }, { concurrency: 2, seconds: 0.02 });
  assert.ok(calls > 2);
});

test("runClosedLoop() rejects with the call that fails", async () => {
  const client = {
    async call(i: number) {
      await setImmediate();
      if (i === 20) throw new Error("Wrong reply");
    },
  };
  const run = runClosedLoop(client, { concurrency: 4, seconds: 60 });
  await assert.rejects(run, /Wrong reply/);
});
