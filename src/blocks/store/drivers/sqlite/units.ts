/** What is written to a store in SQLite: each function is all or nothing, and runs in the writer's thread. */
import { rowChecksum } from "../../../../backends/sqlite/row-checksum.ts";
import type { Reader, SqlValue, Writer } from "../../../../backends/sqlite/statements.ts";
import { defineUnits } from "../../../../backends/sqlite/units.ts";
import type { Write } from "../../contract.ts";
import { allowedChanges, isPut, tooManyTables } from "../rows/allowed-changes.ts";
import { placeNamed, sizeOf } from "../rows/keys.ts";
import { expiryOf, sweepRowsMax } from "../rows/lifetime.ts";
import { checkRows, tablesOf } from "./questions.ts";
import { beginCommit, type Commit, endCommit } from "./commit.ts";
import { unpackWrites } from "./packed-writes.ts";

/** What has come of a write, as it crosses between the threads. */
export type Outcome = readonly [
  revision: number,
  changed: boolean,
  /** The time of the store at which the first of its entries expires. */
  expiresMs: number | null,
];

export const storeUnits = defineUnits(
  import.meta.url,
  {
    /** The input is of `packWrites`. */
    write(db, packed: readonly SqlValue[], commit: Commit): Outcome {
      const { place, writes } = unpackWrites(packed);
      const revisionOf = (key: Uint8Array) => liveRevision(db, place, key, commit);
      const changes = allowedChanges(writes, revisionOf);
      if (changes.some(isPut)) refuseAnotherTable(db, place, commit);
      if (changes.length === 0) return [commit.revision, false, null];
      return change(db, place, changes, commit);
    },

    /** Deletes what has expired, and says of which tables, with the revisions. */
    sweep(db, _input: undefined, commit: Commit) {
      const rows = db.all<{ place: string; key: Uint8Array<ArrayBuffer> }>(
        "SELECT place, key FROM entry WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?",
        commit.note.timeMs,
        sweepRowsMax,
      );
      return rows.map(({ place, key }) => {
        const [revision] = change(db, place, [{ key }], commit);
        return { place, revision };
      });
    },

    /** After the content was replaced: what watches know of it is of another history. */
    renew(db): void {
      db.run("UPDATE store SET epoch = lower(hex(randomblob(16)))");
    },
  },
  { checkRows, sharing: { begin: beginCommit, end: endCommit } },
);

/** One write that is allowed. */
function change(db: Writer, place: string, writes: readonly Write[], commit: Commit): Outcome {
  const revision = commit.revision + 1;
  let bytes = 0;
  let firstExpiresMs: number | null = null;
  for (const [ordinal, write] of writes.entries()) {
    const { key, value = null } = write;
    if (value === null) {
      db.run("DELETE FROM entry WHERE place = ? AND key = ?", place, key);
    } else {
      const expiresMs = putEntry(db, { place, ...write, value, revision }, commit);
      if (expiresMs !== null) firstExpiresMs = Math.min(expiresMs, firstExpiresMs ?? Infinity);
    }
    const checksum = rowChecksum(revision, place, key, value);
    const row = [revision, ordinal, place, key, value, checksum];
    db.run("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)", ...row);
    bytes += sizeOf(write);
  }
  commit.revision = revision;
  commit.keptBytes += bytes;
  return [revision, true, firstExpiresMs];
}

/** Returns when it expires. */
function putEntry(
  db: Writer,
  {
    place,
    key,
    value,
    ttlMs,
    revision,
  }: Write & { place: string; value: Uint8Array; revision: number },
  { note }: Commit,
): number | null {
  const expiresMs = ttlMs === undefined ? null : expiryOf(ttlMs, note.timeMs);
  const checksum = rowChecksum(place, key, value, revision, expiresMs);
  const row = [place, key, value, revision, expiresMs, checksum];
  db.run(
    `INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value,
      revision = excluded.revision, expires_ms = excluded.expires_ms, checksum = excluded.checksum`,
    ...row,
  );
  return expiresMs;
}

/** Of the entry that is there and has not expired. */
function liveRevision(
  db: Reader,
  place: string,
  key: Uint8Array,
  { note }: Commit,
): number | undefined {
  const row = db.get<{ revision: number }>(
    `SELECT revision FROM entry WHERE place = ? AND key = ? AND (expires_ms IS NULL OR expires_ms > ?)`,
    place,
    key,
    note.timeMs,
  );
  return row?.revision;
}

function refuseAnotherTable(db: Reader, name: string, { note, limits, places }: Commit): void {
  if (places.has(name)) return;
  if (!db.get("SELECT 1 FROM entry WHERE place = ? LIMIT 1", name)) {
    const place = placeNamed(name);
    const tables = tablesOf(db, place.database, note.timeMs);
    if (tables.length >= limits.tablesMax) throw tooManyTables(place, limits.tablesMax);
  }
  places.add(name);
}
