/** Connections with the settings that the promises of the engine rest on, each set by name and read back. */
import { DatabaseSync } from "node:sqlite";
import { ReefError } from "../../core/errors.ts";

/** Longer than a checkpoint of a full log takes; only backups and programs of others hold the file at all. */
const busyTimeoutMs = 5_000;

/** Upper pages of the trees stay in memory, whose size must not depend on what is stored. In KiB, hence negative. */
const cacheSize = -16_384;

/**
 * Pages of 4 KiB in the log before they go into the file: 16 MiB. Scattered keys write the same pages again and again,
 * which a longer log does once (42,000 scattered puts a second with SQLite's 1,000 pages, 47,000 with these); a start
 * after a crash reads it all.
 */
const logPages = 4_000;

/** The log is cut to this after a burst. */
const logBytesMax = logPages * 4_096;

/** The one connection that writes. */
export function openWriter(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    // The log makes readers and the writer independent, and one commit one fsync.
    set(db, "journal_mode", "wal");
    // FULL is an fsync for each commit. NORMAL is what some builds use in a log: it loses the last commits with the
    // power.
    set(db, "synchronous", 2);
    set(db, "wal_autocheckpoint", logPages);
    set(db, "journal_size_limit", logBytesMax);
    set(db, "cache_size", cacheSize);
    // Sorting in memory: a temporary file is one more thing that can fail.
    set(db, "temp_store", 2);
    // A bad page is noticed when it is read, not when it has spread.
    set(db, "cell_size_check", 1);
    // No mmap: a failing disk would then be a signal that kills the process, not an error.
    set(db, "mmap_size", 0);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A connection for reading beside the writer; it sees what is committed, and only that. */
export function openReader(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
  try {
    set(db, "cache_size", cacheSize);
    set(db, "temp_store", 2);
    set(db, "cell_size_check", 1);
    set(db, "mmap_size", 0);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function set(db: DatabaseSync, pragma: string, wanted: string | number): void {
  db.exec(`PRAGMA ${pragma} = ${wanted}`);
  const row = db.prepare(`PRAGMA ${pragma}`).get() ?? {};
  const [value] = Object.values(row);
  if (value === wanted) return;
  throw new ReefError(
    "failed_precondition",
    `Cannot open a database: this SQLite keeps ${pragma} at ${value} instead of ${wanted}; use another build of Node`,
  );
}
