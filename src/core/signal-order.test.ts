import assert from "node:assert/strict";
import { test } from "node:test";

import { createManualClock } from "../testing/manual-clock.ts";
import { createSignalOrder, signalEchoMs } from "./signal-order.ts";

test("createSignalOrder() takes a signal right after the first for its echo, and a later one for a person", async () => {
  const clock = createManualClock();
  const order = createSignalOrder(clock);
  assert.equal(order(), "first");
  await clock.advance(signalEchoMs - 1);
  assert.equal(order(), "echo");
  await clock.advance(1);
  assert.equal(order(), "again");
});
