/**
 * Makes a log that a dead process left behind certain to be whole and on disk, before SQLite reads it.
 *
 * When an fsync fails, Linux marks the pages as clean although the disk never got them. If the process dies then, the
 * next one reads a commit from memory that is not on disk, builds on it, and its own fsync has nothing to do: a power
 * failure later would take everything from there on. Writing the same bytes again makes the pages dirty again.
 * Source: https://wiki.postgresql.org/wiki/Fsync_Errors
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { checkLog } from "./check-log.ts";

/** Enough to be fast, little enough not to be noticed. */
const chunkBytes = 1024 * 1024;

/** @throws {ReefError} `data_loss` when the log is damaged */
export function settleLog(path: string): void {
  const log = openLog(`${path}-wal`);
  if (log === undefined) return;
  try {
    ftruncateSync(log, checkLog(log, basename(path)));
    const chunk = Buffer.alloc(chunkBytes);
    let position = 0;
    for (let got = readSync(log, chunk, 0, chunkBytes, 0); got > 0;) {
      for (let sent = 0; sent < got;)
        sent += writeSync(log, chunk, sent, got - sent, position + sent);
      position += got;
      got = readSync(log, chunk, 0, chunkBytes, position);
    }
    fsyncSync(log);
  } finally {
    closeSync(log);
  }
}

/** Undefined after a clean end, when there is no log. */
function openLog(path: string): number | undefined {
  try {
    return openSync(path, "r+");
  } catch (error) {
    // The only thing that open is known to say about a file that is not there.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
