import assert from "node:assert/strict";
import { test } from "node:test";
import { within } from "./within.ts";

test("within() lets one attempt of five be quick enough, and makes no other behind it", async () => {
  const times = [100, 50, 49, 1];
  await within(50, async () => times.shift() ?? assert.fail());
  assert.deepEqual(times, [1]);
});

test("within() fails what is slow each time, and says how slow", async () => {
  let attempts = 0;
  const slow = within(50, async () => 50 + (attempts += 1));
  await assert.rejects(slow, { message: /took 50 ms or longer: 51, 52, 53, 54, 55 ms/ });
});
