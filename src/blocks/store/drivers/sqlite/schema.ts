/** The tables of a store in SQLite. What was released here never changes: see `backends/sqlite/migrate.ts`. */
import type { Migration } from "../../../../backends/sqlite/migrate.ts";

export const schema: readonly Migration[] = [
  [
    // One tree, in the order in which pages are read. `place` is database and table; times are of
    // `../rows/store-time.ts`.
    `CREATE TABLE entry (place TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, revision INTEGER NOT NULL,
      expires_ms INTEGER, checksum INTEGER NOT NULL, PRIMARY KEY (place, key)) STRICT, WITHOUT ROWID`,
    "CREATE INDEX entry_expiry ON entry (expires_ms) WHERE expires_ms IS NOT NULL",
    // The last writes; without a value the key was deleted, or has expired.
    `CREATE TABLE history (revision INTEGER NOT NULL, ordinal INTEGER NOT NULL, place TEXT NOT NULL, key BLOB NOT NULL,
      value BLOB, checksum INTEGER NOT NULL, PRIMARY KEY (revision, ordinal)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE store (only INTEGER PRIMARY KEY CHECK (only = 0), epoch TEXT NOT NULL, revision INTEGER NOT NULL,
      forgotten INTEGER NOT NULL, kept_bytes INTEGER NOT NULL,
      time_ms REAL NOT NULL, boot_id TEXT NOT NULL, boot_ms REAL NOT NULL, wall_ms REAL NOT NULL) STRICT`,
    "INSERT INTO store VALUES (0, lower(hex(randomblob(16))), 0, 0, 0, 0, '', 0, 0)",
  ],
  // The history first: what is written goes there in groups, and later into the tree. `adopt-history.ts` brings the
  // rows of the old one over.
  [
    "ALTER TABLE history RENAME TO old_history",
    `CREATE TABLE history (last INTEGER PRIMARY KEY, first INTEGER NOT NULL, bytes INTEGER NOT NULL,
      changes BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT`,
    "ALTER TABLE store ADD COLUMN applied INTEGER NOT NULL DEFAULT 0",
    "UPDATE store SET applied = revision",
    "ALTER TABLE store DROP COLUMN kept_bytes",
  ],
];
