/** The disk of the platform is full while clients write; then there is space again. */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BreakablePlatform, openTables } from "./breakable-platform.ts";
import { missingForDisks, openSmallDisk } from "./mounted-disk.ts";
import { verdictFigures, verdictProblems } from "./outages.ts";
import type { Findings, Rig, RigOptions } from "./rig.ts";
import { StoreLoad } from "./store-load.ts";

const diskBytes = 8 * 1024 * 1024;

/** What is deleted to make space: many times what the writes behind it need. */
const ballastBytes = 2 * 1024 * 1024;

/** The disk is full after some hundred writes. */
const valueBytes = 2_000;

/** Refusals to be seen while it is full. */
const refusalsMin = 200;

/** Few, because the space is little. */
const writesAfter = 30;

export const diskFull: Rig = {
  proves: "a full disk: writes are refused without being done, reads go on, and it heals by itself",
  takes: "8 s",
  rounds: 3,
  missing: () => missingForDisks(),
  async run(options) {
    const all: Findings[] = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      all.push(await fillOnce({ ...options, seed: options.seed + round }));
      options.tell(`disk ${round} of ${options.rounds}`);
    }
    return added(all);
  },
};

async function fillOnce({ seed, signal }: RigOptions): Promise<Findings> {
  await using stack = new AsyncDisposableStack();
  const disk = stack.use(await openSmallDisk(diskBytes));
  const ballast = join(disk.path, "ballast");
  await writeFile(ballast, new Uint8Array(ballastBytes));
  const platform = stack.use(new BreakablePlatform(join(disk.path, "reef")));
  await platform.start();
  const { state } = platform;
  const tables = await openTables(state, { stack, count: 4, table: "faults" });
  const [first = assert.fail("there are tables"), ...others] = tables;
  const load = stack.use(new StoreLoad(first, signal));
  await load.start(others, { seed, signal, valueBytes });
  const { counts } = load;
  const refusals = () => counts.failures.get("resource_exhausted") ?? 0;
  await load.until(() => refusals() >= refusalsMin);
  const { items } = await first.list();
  await rm(ballast);
  const [before, freedAt] = [load.acknowledged, performance.now()];
  await load.until(() => load.acknowledged > before);
  const healedMs = performance.now() - freedAt;
  await load.until(() => load.acknowledged >= before + writesAfter);
  await load.stop();
  await platform.kill();
  await platform.start();
  const verdict = await load.check();
  const broken = verdictProblems(verdict);
  if (items.length === 0) broken.push("no reads while the disk was full");
  for (const [code, count] of counts.failures) {
    if (code !== "resource_exhausted") broken.push(`${count} failed with ${code}`);
  }
  return {
    figures: [
      [1, "disks"],
      [load.acknowledged, "acknowledged"],
      [refusals(), "refused with resource_exhausted"],
      ...verdictFigures(verdict),
      [Math.round(healedMs), "writing again after # ms at most"],
    ],
    broken,
  };
}

/** Counts of several are added; of times the longest counts. */
function added(all: readonly Findings[]): Findings {
  const [first = assert.fail("there is a round")] = all;
  return {
    figures: first.figures.map(([, what], at) => {
      const counts = all.map(({ figures }) => figures[at]?.[0] ?? 0);
      const count = what.includes("#")
        ? Math.max(...counts)
        : counts.reduce((sum, each) => sum + each, 0);
      return [count, what];
    }),
    broken: all.flatMap(({ broken }) => broken),
  };
}
