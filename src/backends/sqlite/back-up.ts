/** Copies a database that is in use to a new file, whole or not at all. */
import { closeSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { backup } from "node:sqlite";
import { ReefError } from "../../core/errors.ts";
import { openReader } from "./open-connection.ts";

/** All: between two parts a write would start the copy anew, and under constant writing it would never end. */
const pagesAtOnce = 2 ** 31 - 1;

/** @throws {ReefError} `already_exists`; SQLite's errors when the disk is full or fails, and then there is no file */
export async function backUp(from: string, path: string): Promise<void> {
  make(path);
  try {
    // A connection of its own, because the copy, in another thread, keeps everybody else from using it.
    using db = openReader(from);
    await backup(db, path, { rate: pagesAtOnce });
  } catch (error) {
    await Promise.all(["", "-journal"].map((end) => rm(`${path}${end}`, { force: true })));
    throw error;
  }
}

/** Only for the owner, like what it is a copy of. */
function make(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    // What open is known to throw.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new ReefError(
      "already_exists",
      `Cannot back up to "${path}": there is such a file; name a new one`,
      { cause: error },
    );
  }
}
