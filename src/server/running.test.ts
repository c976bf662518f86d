import assert from "node:assert/strict";
import { test } from "node:test";
import { stopGraceDefaultMs } from "../blocks/runtime/drivers/process/process-maker.ts";
import { attendLeaveMs } from "../blocks/runtime/drivers/process/service-process.ts";
import { runtimeStopTimeoutMs, stopTimeoutMs } from "./running.ts";

test("a runtime is not given up while a service of it still has time to end", () => {
  const serviceMs = attendLeaveMs + stopGraceDefaultMs;
  // The rest is for killing what did not end, with the processors of a busy machine.
  assert.ok(serviceMs + 2_000 <= runtimeStopTimeoutMs);
  assert.ok(runtimeStopTimeoutMs < stopTimeoutMs);
});
