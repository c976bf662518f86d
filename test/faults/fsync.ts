/** Every fsync of the platform fails for a while: nothing is acknowledged meanwhile, and what was is there. */
import assert from "node:assert/strict";
import { sleep } from "../../src/core/clock.ts";
import { openStateFolder } from "../test-command.ts";
import { BreakablePlatform, openTables } from "./breakable-platform.ts";
import { type FsyncFault, missingForFsync, openFailingFsync } from "./failing-fsync.ts";
import { verdictFigures, verdictProblems } from "./outages.ts";
import type { Findings, Rig, RigOptions } from "./rig.ts";
import { StoreLoad } from "./store-load.ts";

/** Writes between two failures. */
const writesMin = 300;

/** From the first failure on: what was on disk before it is on its way to its clients no longer. */
const settleMs = 200;

/** How long it is looked for an acknowledgement that must not be. */
const failingMs = 500;

export const fsync: Rig = {
  proves: "every fsync fails (EIO): no write is acknowledged, reads go on, and it heals by itself",
  takes: "6 s",
  rounds: 3,
  missing: missingForFsync,
  run: (options) => runFsync(options, "fails"),
};

export async function runFsync(options: RigOptions, fault: FsyncFault): Promise<Findings> {
  const { rounds, seed, signal, tell } = options;
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await openStateFolder());
  const platform = stack.use(new BreakablePlatform(folder.path));
  await platform.start();
  const { state } = platform;
  const tables = await openTables(state, { stack, count: 4, table: "faults" });
  const [first = assert.fail("there are tables"), ...others] = tables;
  const load = stack.use(new StoreLoad(first, signal));
  await load.start(others, { seed, signal });
  let acknowledged = 0;
  const healedMs: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const wanted = load.acknowledged + writesMin;
    await load.until(() => load.acknowledged >= wanted);
    {
      await using failing = await openFailingFsync(platform.pid, fault);
      void failing;
      await sleep(settleMs, { signal });
      const before = load.acknowledged;
      await sleep(failingMs, { signal });
      await first.list();
      acknowledged += load.acknowledged - before;
    }
    const [before, worksAt] = [load.acknowledged, performance.now()];
    await load.until(() => load.acknowledged > before);
    healedMs.push(performance.now() - worksAt);
    tell(`failure ${round} of ${rounds}, ${load.acknowledged} acknowledged`);
  }
  await load.stop();
  await platform.kill();
  await platform.start();
  const verdict = await load.check();
  const { counts } = load;
  const broken = verdictProblems(verdict);
  if (acknowledged > 0) broken.push(`${acknowledged} acknowledged while fsync failed`);
  for (const [code, count] of counts.failures) {
    if (code !== "unavailable") broken.push(`${count} failed with ${code}`);
  }
  return {
    figures: [
      [rounds, "failures of the disk"],
      [load.acknowledged, "acknowledged"],
      [acknowledged, "of them while fsync failed"],
      [counts.failures.get("unavailable") ?? 0, "failed with unavailable"],
      ...verdictFigures(verdict),
      [Math.round(Math.max(...healedMs)), "writing again after # ms at most"],
    ],
    broken,
  };
}
