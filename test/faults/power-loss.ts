/** The rig of power failures: the same for every store that says that it survives them. */
import { openPoweredDisk } from "./mounted-disk.ts";

export interface PowerLoss<Told> {
  /**
   * Writes into `folder` and ends, at a moment of its choice, by giving back what was acknowledged until then. It calls
   * `cutPower` for the moment itself; whatever still runs is to be ended behind that.
   */
  readonly run: (folder: string, cutPower: () => void) => Promise<Told>;
  /** Looks whether all of it is there, on the disk as it is after the failure. */
  readonly check: (folder: string, told: Told) => Promise<void>;
}

/** One disk, one power failure. */
export async function powerLoss<Told>({ run, check }: PowerLoss<Told>): Promise<Told> {
  await using disk = await openPoweredDisk();
  const told = await run(disk.path, disk.cutPower);
  disk.mountAgain();
  await check(disk.path, told);
  return told;
}
