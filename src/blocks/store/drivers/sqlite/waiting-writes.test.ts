import assert from "node:assert/strict";
import { test } from "node:test";
import { WaitingWrites } from "./waiting-writes.ts";

const asked = { place: "default trips", writes: [{ key: Buffer.from("a") }] };

test("nextGroup() leaves out who has gone while it waited, and tells it why", async () => {
  const waiting = new WaitingWrites();
  const controller = new AbortController();
  const call = { cancelled: undefined as unknown };
  const left = [waiting.add(asked, controller), waiting.add(asked, call)];
  void waiting.add(asked, undefined);
  controller.abort("left");
  call.cancelled = "cancelled";
  assert.equal(waiting.nextGroup().length, 1);
  assert.equal(waiting.length, 0);
  assert.deepEqual(
    await Promise.allSettled(left),
    ["left", "cancelled"].map((reason) => ({ status: "rejected", reason })),
  );
});
