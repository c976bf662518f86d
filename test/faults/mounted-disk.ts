/**
 * Disks that a test may break: a small one that fills up, and one whose power can be cut. They need root, and what
 * Linux brings to mount them; `missingForDisks` says what is missing, for a skip that shows.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface MountedDisk extends AsyncDisposable {
  /** The folder that is the disk. */
  readonly path: string;
}

export interface PoweredDisk extends MountedDisk {
  /** What was not on the platter is gone; nothing can be read or written until `mountAgain`. */
  cutPower(): void;
  /** The start after a power failure: the file system repairs itself, as it does in earnest. */
  mountAgain(): void;
}

/** The least that mkfs.xfs makes; the file is sparse. */
const xfsBytes = 320 * 1024 * 1024;

/** Why disks cannot be mounted here with the help of `commands`; undefined when they can. */
export function missingForDisks(commands: readonly string[] = []): string | undefined {
  if (process.platform !== "linux") return "disks are mounted on Linux only";
  if (process.getuid?.() !== 0) return "only root may mount a disk";
  for (const command of ["mount", "umount", ...commands]) {
    if (spawnSync(command, ["-V"]).error !== undefined) return `there is no ${command} here`;
  }
  return refusalToMount();
}

/** Root of a container often may not either; only the attempt tells. */
function refusalToMount(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "reef-disk-"));
  try {
    const args = ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path];
    const { status, stderr } = spawnSync("mount", args, { encoding: "utf8" });
    if (status !== 0) return `no disk may be mounted here: ${stderr.trim()}`;
    run("umount", path);
    return undefined;
  } finally {
    rmdirSync(path);
  }
}

/** A disk in memory that is full after `sizeBytes`. */
export async function openSmallDisk(sizeBytes: number): Promise<MountedDisk> {
  const path = await mkdtemp(join(tmpdir(), "reef-disk-"));
  run("mount", "-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs", path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      run("umount", "--lazy", path);
      await rm(path, { recursive: true });
    },
  };
}

/** XFS on a loop device: it can be shut down without writing what is still in memory. */
export async function openPoweredDisk(): Promise<PoweredDisk> {
  const folder = await mkdtemp(join(tmpdir(), "reef-disk-"));
  const image = join(folder, "image");
  const path = join(folder, "disk");
  await writeFile(image, "");
  await truncate(image, xfsBytes);
  run("mkfs.xfs", "-q", image);
  run("mkdir", path);
  run("mount", "-o", "loop", image, path);
  return {
    path,
    // Without -f: the log of the file system is not flushed either.
    cutPower: () => run("xfs_io", "-x", "-c", "shutdown", path),
    mountAgain() {
      run("umount", path);
      run("mount", "-o", "loop", image, path);
    },
    async [Symbol.asyncDispose]() {
      run("umount", "--lazy", path);
      await rm(folder, { recursive: true });
    },
  };
}

function run(command: string, ...args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? stderr}`);
}
