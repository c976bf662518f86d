/**
 * One platform to a file. The lock is SQLite's own on an empty file beside it: the system takes it back when the
 * process is gone, however it went, so nobody ever has to delete it.
 */
import { DatabaseSync } from "node:sqlite";
import { ReefError } from "../../core/errors.ts";
import { resultCodeOf } from "./translate-error.ts";

/** SQLITE_BUSY. */
const busy = 5;

/** @throws {ReefError} `failed_precondition` when another process, or another engine in this one, has the file */
export function lockFile(path: string): Disposable {
  const lock = new DatabaseSync(`${path}-lock`);
  try {
    // Nothing is ever written, so there is nothing to undo.
    lock.exec("PRAGMA journal_mode = off; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (resultCodeOf(error) !== busy) throw error;
    throw new ReefError(
      "failed_precondition",
      `Cannot open database "${path}": another platform has it open; stop that one, or give this one a folder of its own`,
      { cause: error },
    );
  }
  return { [Symbol.dispose]: () => lock.close() };
}
