import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonToLeave } from "./waiting.ts";

test("reasonToLeave() is that of the signal, and nothing while it has not fired", () => {
  const controller = new AbortController();
  assert.equal(reasonToLeave(undefined), undefined);
  assert.equal(reasonToLeave({}), undefined);
  assert.equal(reasonToLeave(controller), undefined);
  controller.abort("gone");
  assert.equal(reasonToLeave(controller), "gone");
});

test("reasonToLeave() has no signal made by who knows without one", () => {
  const waiting = {
    cancelled: undefined as unknown,
    get signal(): AbortSignal {
      return assert.fail("it was read");
    },
  };
  assert.equal(reasonToLeave(waiting), undefined);
  waiting.cancelled = "gone";
  assert.equal(reasonToLeave(waiting), "gone");
});
