/** A small driver for the tests of the engine: numbered entries with a checksum each. */
import { ReefError } from "../../core/errors.ts";
import type { Migration } from "./migrate.ts";
import { rowChecksum } from "./row-checksum.ts";
import type { Reader } from "./statements.ts";
import { defineUnits } from "./units.ts";

export interface EntryRow {
  readonly [column: string]: string | number | Uint8Array<ArrayBuffer>;
  readonly key: string;
  readonly value: Uint8Array<ArrayBuffer>;
  readonly revision: number;
  readonly checksum: number;
}

export const counterSchema: readonly Migration[] = [
  [
    "CREATE TABLE entry (key TEXT PRIMARY KEY, value BLOB, revision INTEGER, checksum INTEGER) STRICT, WITHOUT ROWID",
    "CREATE TABLE counter (only INTEGER PRIMARY KEY CHECK (only = 0), revision INTEGER) STRICT",
    "INSERT INTO counter VALUES (0, 0)",
  ],
];

export interface Put {
  readonly key: string;
  readonly value: Uint8Array;
  /** Refuses unless the entry has it. */
  readonly expected?: number;
}

export const counterUnits = defineUnits(
  import.meta.url,
  {
    put(db, { key, value, expected }: Put): number {
      if (expected !== undefined) {
        const found = db.get<{ revision: number }>("SELECT revision FROM entry WHERE key = ?", key);
        if (found?.revision !== expected) {
          const text = `Cannot put "${key}": its revision is ${found?.revision}; read it again`;
          throw new ReefError("aborted", text, { data: { revision: found?.revision } });
        }
      }
      db.run("UPDATE counter SET revision = revision + 1");
      const revision = Number(db.get("SELECT revision FROM counter")?.revision);
      const checksum = rowChecksum(key, value, revision);
      db.run("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", key, value, revision, checksum);
      return revision;
    },
    /** Writes, then fails. */
    fail(db, { key }: { readonly key: string }): void {
      db.run("INSERT INTO entry VALUES (?, ?, ?, ?)", key, new Uint8Array(), 0, 0);
      throw new ReefError("invalid_argument", `Cannot put "${key}": it is meant to fail`);
    },
    insert(db, { key }: { readonly key: string }): void {
      db.run("INSERT INTO entry VALUES (?, x'', 0, ?)", key, rowChecksum(key, new Uint8Array(), 0));
    },
    /** A mistake in the code of a driver. */
    broken(db): void {
      db.run("INSERT INTO nowhere VALUES (1)");
    },
  },
  { checkRows: (db) => void listEntries(db) },
);

/** @throws {ReefError} `data_loss` at the first that is not as it was written */
export function listEntries(db: Reader): EntryRow[] {
  const rows = db.all<EntryRow>("SELECT * FROM entry ORDER BY key");
  for (const { key, value, revision, checksum } of rows) {
    if (checksum === rowChecksum(key, value, revision)) continue;
    throw new ReefError("data_loss", `Cannot read entry "${key}": it is damaged`);
  }
  return rows;
}
