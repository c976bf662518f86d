import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { findProcesses } from "./adoption.ts";

test("findProcesses() ends what nobody wants, and leaves alone what it cannot know", async () => {
  const platform = `unix:/nowhere/${process.pid}`;
  const env = {
    REEF_PLATFORM: platform,
    REEF_INSTANCE: "i-1",
    REEF_NAMESPACE: "default",
    REEF_NAME: "later",
  };
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], {
    env,
    detached: true,
    stdio: "ignore",
  });
  try {
    await once(child, "spawn");
    const pids = (unreadable: readonly string[]) =>
      findProcesses([], { platform, unreadable: new Set(unreadable) }).unwanted.map(
        ({ pid }) => pid,
      );
    assert.deepEqual(pids([]), [child.pid]);
    assert.deepEqual(pids(["default/other"]), [child.pid]);
    assert.deepEqual(pids(["default/later"]), []);
  } finally {
    child.kill("SIGKILL");
  }
});
