/** The disk of the platform loses its power while clients write: what was not on the platter is gone. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { missingForDisks, openPoweredDisk } from "./mounted-disk.ts";
import { type OutageOptions, runOutages } from "./outages.ts";
import type { Findings, Rig, RigOptions } from "./rig.ts";

export const power: Rig = {
  proves: "the disk loses power under writes: what was acknowledged, or seen by a watch, is there",
  takes: "15 s",
  rounds: 5,
  missing: missingForPower,
  run: (options) => runPower(options),
};

export function missingForPower(): string | undefined {
  const missing = missingForDisks(["mkfs.xfs", "xfs_io", "losetup"]);
  if (missing !== undefined) return missing;
  const { status } = spawnSync("losetup", ["--find"]);
  return status === 0 ? undefined : "there is no free loop device here";
}

export async function runPower(
  options: RigOptions,
  beside?: OutageOptions["beside"],
): Promise<Findings> {
  await using disk = await openPoweredDisk();
  return await runOutages({
    ...options,
    state: join(disk.path, "reef"),
    outage: "power failure",
    strike: disk.cutPower,
    whileDown: disk.mountAgain,
    ...(beside && { beside }),
  });
}
