import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { createManualClock } from "../testing/manual-clock.ts";
import { sleep, systemClock } from "./clock.ts";

test("sleep() resolves in its time, and its signal ends it earlier and leaves nothing behind", async () => {
  const clock = createManualClock();
  const { signal, abort } = controller();
  let over = false;
  const done = sleep(100, { clock, signal }).then(() => (over = true));
  await clock.advance(99);
  assert.equal(over, false);
  await clock.advance(1);
  await done;
  assert.equal(getEventListeners(signal, "abort").length, 0);

  const ended = assert.rejects(sleep(100, { clock, signal }), RangeError);
  abort();
  await ended;
  assert.equal(clock.pending, 0);
  await assert.rejects(sleep(100, { clock, signal }), RangeError);
  assert.equal(clock.pending, 0);
});

test("systemClock fires once, and a cancelled timer never", async () => {
  const fired: string[] = [];
  systemClock.after(0, () => fired.push("cancelled")).cancel();
  const timer = await new Promise<{ cancel(): void }>((resolve) => {
    const own = systemClock.after(1, () => {
      fired.push("fired");
      resolve(own);
    });
  });
  timer.cancel();
  assert.deepEqual(fired, ["fired"]);
  assert(systemClock.monotonicMs() <= systemClock.monotonicMs());
});

function controller() {
  const inner = new AbortController();
  return { signal: inner.signal, abort: () => inner.abort(new RangeError("enough")) };
}
