import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";

import { callContext, CallEntrance } from "./context.ts";
import type { ServerCall } from "./server-call.ts";

/** All that counts is which call it is. */
function callOf(id: number): ServerCall {
  return { id } as ServerCall;
}

test("CallEntrance keeps the context of a call over what its handler waits for, and none behind it", async () => {
  const entrance = new CallEntrance();
  const seen: (number | undefined)[] = [];
  const ended: Promise<void>[] = [];
  async function handle(call: ServerCall): Promise<void> {
    seen.push(callContext.getStore()?.id);
    await Promise.resolve();
    assert.equal(callContext.getStore(), call);
  }
  for (const id of [1, 2]) {
    entrance.run(callOf(id), (call) => ended.push(handle(call)));
    seen.push(callContext.getStore()?.id);
  }
  await Promise.all(ended);
  assert.deepEqual(seen, [1, undefined, 2, undefined]);
});

test("CallEntrance leaves the context of its caller as it was, also when the handler throws", () => {
  const entrance = new CallEntrance();
  const others = new AsyncLocalStorage<string>();
  others.run("around", () => {
    callContext.run(callOf(1), () => {
      assert.throws(() => {
        entrance.run(callOf(2), () => {
          throw new Error("broken");
        });
      }, /broken/);
      assert.equal(callContext.getStore()?.id, 1);
      assert.equal(others.getStore(), "around");
    });
  });
});
