/** The rigs have teeth: each is given a platform that must break its promise, and says so. */
import assert from "node:assert/strict";
import { cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openPlatform } from "../../src/framework/platform.ts";
import { openStateFolder } from "../test-command.ts";
import { runAdopt } from "./adopt.ts";
import { runBitFlip } from "./bit-flip.ts";
import { BreakablePlatform } from "./breakable-platform.ts";
import { missingForFsync, openFailingFsync } from "./failing-fsync.ts";
import { runFsync } from "./fsync.ts";
import { runLinearizable } from "./linearizable.ts";
import { runOutages } from "./outages.ts";
import { missingForPower, runPower } from "./power.ts";
import type { RigOptions } from "./rig.ts";

function options(rounds: number, signal: AbortSignal): RigOptions {
  return { rounds, seed: 1, tell: () => {}, signal };
}

/** A store that forgets: the second time that a platform is down, it is given what it had at the first. */
function forgetting(backup: string): (state: string) => Promise<void> {
  let first: string | undefined;
  return async (state) => {
    if (first === undefined) await copyStore(state, backup);
    else if (first === state) await copyStore(backup, state);
    first ??= state;
  };
}

test("kill finds acknowledged writes that are gone", async (t) => {
  await using state = await openStateFolder();
  await using backup = await openStateFolder();
  const forget = forgetting(backup.path);
  const { broken } = await runOutages({
    ...options(2, t.signal),
    state: state.path,
    outage: "kill",
    whileDown: () => forget(state.path),
  });
  assert.match(broken.join("\n"), /\d+ lost: /);
  assert.match(broken.join("\n"), /\d+ unseen: /);
});

test("linearizable finds reads of a store that has forgotten", async (t) => {
  await using backup = await openStateFolder();
  const { broken } = await runLinearizable(options(3, t.signal), forgetting(backup.path));
  assert.deepEqual(broken, ["history 3 of seed 1 has no order"]);
});

test("power finds what a disk that lies has lost", async (t) => {
  const missing = missingForPower() ?? missingForFsync();
  if (missing !== undefined) return t.skip(missing);
  const { broken } = await runPower(options(1, t.signal), (pid) => openFailingFsync(pid, "lies"));
  return assert.match(broken.join("\n"), /\d+ lost: /);
});

test("fsync finds acknowledgements of what is not on disk", async (t) => {
  const missing = missingForFsync();
  if (missing !== undefined) return t.skip(missing);
  const { broken } = await runFsync(options(1, t.signal), "lies");
  return assert.match(broken.join("\n"), /\d+ acknowledged while fsync failed/);
});

test("bit-flip finds a value that is another", async (t) => {
  const { broken } = await runBitFlip(options(1, t.signal), async (state) => {
    await using running = new BreakablePlatform(state);
    await running.start();
    await using platform = await openPlatform({ state });
    await platform.store.table("faults").put("key-7", "forged");
    return "a forged value";
  });
  assert.deepEqual(broken, ["a forged value: 1 of 2000 entries are wrong, and nobody says so"]);
});

test("adopt finds a service that is another process", async (t) => {
  const { broken } = await runAdopt(options(1, t.signal), (services) => {
    const victim = services.find(({ name }) => name === "riders");
    process.kill(victim?.pid ?? assert.fail("riders run"), "SIGKILL");
  });
  assert.match(broken.join("\n"), /round 1: riders had the pid \d+ and now has /);
});

async function copyStore(from: string, to: string): Promise<void> {
  const isStore = (name: string) => name.startsWith("store.db");
  for (const name of (await readdir(to)).filter(isStore)) await rm(join(to, name));
  for (const name of (await readdir(from)).filter(isStore))
    await cp(join(from, name), join(to, name));
}
