/**
 * The libraries that reef is measured against. They are no part of the package and come only when they are measured.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ReefError } from "../src/core/errors.ts";

const folder = new URL("peers/", import.meta.url);

/**
 * Installs what `peers/package-lock.json` says, unless it is there.
 * @throws {ReefError} `unavailable` when npm fails
 */
export async function installPeers(progress: (text: string) => void): Promise<void> {
  if (await isInstalled()) return;
  progress("Installing the peers into bench/peers, this once");
  // No peer needs its install script, and none is trusted with one.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"];
  const npm = spawn("npm", [...args, fileURLToPath(folder)], {
    stdio: ["ignore", process.stderr, process.stderr],
  });
  const [exitCode] = (await once(npm, "exit")) as [number | null];
  if (exitCode === 0) return;
  throw new ReefError(
    "unavailable",
    `Cannot install the peers: npm ended with ${exitCode}; measure without them by --only`,
  );
}

/** npm leaves a copy of the lock where it has installed; an older one is of an older lock. */
async function isInstalled(): Promise<boolean> {
  const installedLock = new URL("node_modules/.package-lock.json", folder);
  const wanted = await stat(new URL("package-lock.json", folder));
  try {
    return (await stat(installedLock)).mtimeMs >= wanted.mtimeMs;
  } catch (error) {
    // What the file system throws is always one of these.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
