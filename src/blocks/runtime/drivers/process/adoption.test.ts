import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { findProcesses } from "./adoption.ts";

function environment(platform: string) {
  return {
    PATH: process.env["PATH"],
    REEF_PLATFORM: platform,
    REEF_INSTANCE: "i-1",
    REEF_NAMESPACE: "default",
    REEF_NAME: "later",
  };
}

test("findProcesses() ends what nobody wants, and leaves alone what it cannot know", async () => {
  const platform = `unix:/nowhere/${process.pid}`;
  const env = environment(platform);
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

test("findProcesses() finds the groups that have outlived their leader", async () => {
  const platform = `unix:/nowhere/strays/${process.pid}`;
  const env = environment(platform);
  const options = { env, detached: true } as const;
  const shell = spawn("sh", ["-c", "sleep 60 & echo up; wait"], options);
  await once(shell.stdout, "data");
  const { pid = 0 } = shell;
  const find = (unreadable: readonly string[]) =>
    findProcesses([], { platform, unreadable: new Set(unreadable) });
  try {
    assert.deepEqual(find([]).strayGroups, []);
    process.kill(pid, "SIGKILL");
    await once(shell, "exit");
    assert.deepEqual(find([]).strayGroups, [pid]);
    assert.deepEqual(find([]).unwanted, []);
    assert.deepEqual(find(["default/later"]).strayGroups, []);
  } finally {
    process.kill(-pid, "SIGKILL");
  }
});
