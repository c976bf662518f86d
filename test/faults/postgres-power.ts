/**
 * The disk of PostgreSQL loses its power while clients write to a platform on it: what was not on the platter is gone.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { missingForPostgres, openPostgresServer } from "../../src/backends/postgres/test-server.ts";
import { ReefError } from "../../src/core/errors.ts";
import { openStateFolder, startPlatform } from "../test-command.ts";
import { openTables } from "./breakable-platform.ts";
import { openPoweredDisk } from "./mounted-disk.ts";
import { verdictFigures, verdictProblems } from "./outages.ts";
import { missingForPower } from "./power.ts";
import type { Findings, Rig, RigOptions } from "./rig.ts";
import { StoreLoad } from "./store-load.ts";

export const postgresPower: Rig = {
  proves: "the disk of PostgreSQL loses power under writes: what was acknowledged is there",
  takes: "15 s",
  rounds: 3,
  missing: () => missingForPostgres() ?? missingForPower(),
  run: (options) => runPostgresPower(options),
};

/** Connections of the clients. */
const connections = 4;

/** Acknowledged between two failures, and so many in each are to be lost. */
const writes = 2_000;

/** The disk is small, and a log that grows as it likes would fill it. */
const smallLog = ["max_wal_size=64MB", "min_wal_size=32MB"];

/** @param settings of the server beside its own: with `fsync=off` it must lose something */
export async function runPostgresPower(
  options: RigOptions,
  settings: readonly string[] = [],
): Promise<Findings> {
  const { rounds, seed, signal, tell } = options;
  await using disk = await openPoweredDisk();
  const folder = join(disk.path, "postgres");
  await mkdir(folder);
  // The server runs as another user, who has to get there.
  await chmod(dirname(disk.path), 0o711);
  await using server = await openPostgresServer({ folder, settings: [...smallLog, ...settings] });
  await using state = await openStateFolder();
  await using running = await startPlatform(state.path, ["--backend", server.url]);
  // What the server made before anybody wrote is not what is looked at.
  spawnSync("sync");
  await using stack = new AsyncDisposableStack();
  const way = { stack, count: connections + 1, table: "faults" };
  const [first = assert.fail("there are tables"), ...ways] = await openTables(state.path, way);
  const load = stack.use(new StoreLoad(first, signal));
  await load.start(ways, { seed, signal });
  for (let round = 1; round <= rounds; round += 1) {
    const wanted = load.acknowledged + writes;
    await load.until(() => load.acknowledged >= wanted);
    disk.cutPower();
    await server.kill();
    disk.mountAgain();
    const before = load.acknowledged;
    try {
      await server.start();
      await load.until(() => load.acknowledged > before);
    } catch (error) {
      signal.throwIfAborted();
      return { figures: [], broken: [`it does not come back: ${ReefError.from(error).message}`] };
    }
    tell(`power failure ${round} of ${rounds}, ${load.acknowledged} acknowledged`);
  }
  await load.stop();
  const verdict = await load.check();
  const { puts, batches, unknown } = load.counts;
  assert.equal(running.child.exitCode, null, "the platform goes on");
  return {
    figures: [
      [rounds, rounds === 1 ? "power failure" : "power failures"],
      [puts, "acknowledged puts"],
      [batches, "acknowledged batches"],
      [unknown, "unanswered"],
      ...verdictFigures(verdict),
    ],
    broken: verdictProblems(verdict),
  };
}
