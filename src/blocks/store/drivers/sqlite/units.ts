/** What is written to a store in SQLite: each function is all or nothing, and runs in the writer's thread. */
import { rowChecksum } from "../../../../backends/sqlite/row-checksum.ts";
import type { Reader, Writer } from "../../../../backends/sqlite/statements.ts";
import { defineUnits } from "../../../../backends/sqlite/units.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Write } from "../../contract.ts";
import { refuseConflicts } from "../conflict.ts";
import type { Written } from "../database.ts";
import { nameOf, type Place, sizeOf } from "../keys.ts";
import { checkRows, tablesOf } from "./queries.ts";
import type { Note } from "./store-time.ts";

/** How much is kept. */
export interface Limits {
  readonly tablesMax: number;
  readonly historyMax: number;
  readonly historyBytesMax: number;
}

export interface WriteInput {
  readonly place: Place;
  readonly writes: readonly Write[];
  readonly note: Note;
  readonly limits: Limits;
}

/** Rows in one turn of cleaning up: others write in between. */
export const sweepRowsMax = 500;

export const storeUnits = defineUnits(
  import.meta.url,
  {
    write(db, { place, writes, note, limits }: WriteInput): Written {
      const name = nameOf(place);
      const revisionOf = (key: Uint8Array) => liveRevision(db, name, key, note);
      refuseConflicts(writes, revisionOf);
      if (writes.some(({ value }) => value !== undefined))
        refuseAnotherTable(db, place, note, limits);
      const changes = writes.filter(({ key, value }) => value ?? revisionOf(key));
      const changed = changes.length > 0;
      return {
        revision: changed ? change(db, name, changes, note, limits) : revisionNow(db),
        changed,
      };
    },

    /** Deletes what has expired, and says of which tables, with the revisions. */
    sweep(db, { note, limits }: Pick<WriteInput, "note" | "limits">) {
      const rows = db.all<{ place: string; key: Uint8Array<ArrayBuffer> }>(
        "SELECT place, key FROM entry WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?",
        note.timeMs,
        sweepRowsMax,
      );
      return rows.map(({ place, key }) => {
        return { place, revision: change(db, place, [{ key }], note, limits) };
      });
    },

    /** After the content was replaced: what watches know of it is of another history. */
    renew(db): void {
      db.run("UPDATE store SET epoch = lower(hex(randomblob(16)))");
    },
  },
  { checkRows },
);

/** One write that is allowed; its revision. */
function change(db: Writer, place: string, writes: readonly Write[], note: Note, limits: Limits) {
  const revision = revisionNow(db) + 1;
  for (const [ordinal, { key, value, ttlMs }] of writes.entries()) {
    if (value === undefined) {
      db.run("DELETE FROM entry WHERE place = ? AND key = ?", place, key);
    } else {
      // Rounded up: it may stay a part of a millisecond longer, and is never gone too early.
      const expiresMs = ttlMs === undefined ? null : Math.ceil(note.timeMs + ttlMs);
      const checksum = rowChecksum(place, key, value, revision, expiresMs);
      db.run(
        "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)",
        place,
        key,
        value,
        revision,
        expiresMs,
        checksum,
      );
    }
    const checksum = rowChecksum(revision, place, key, value ?? null);
    db.run(
      "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)",
      revision,
      ordinal,
      place,
      key,
      value ?? null,
      checksum,
    );
  }
  const bytes = writes.reduce((sum, write) => sum + sizeOf(write), 0);
  db.run(
    `UPDATE store SET revision = ?, kept_writes = kept_writes + 1, kept_bytes = kept_bytes + ?,
      time_ms = ?, boot_id = ?, boot_ms = ?, wall_ms = ?`,
    revision,
    bytes,
    note.timeMs,
    note.bootId,
    note.bootMs,
    note.wallMs,
  );
  forget(db, limits);
  return revision;
}

function forget(db: Writer, { historyMax, historyBytesMax }: Limits): void {
  for (;;) {
    const kept = db.get<{ writes: number; bytes: number }>(
      "SELECT kept_writes AS writes, kept_bytes AS bytes FROM store",
    );
    if (!kept || (kept.writes <= historyMax && kept.bytes <= historyBytesMax)) return;
    const oldest = db.get<{ revision: number; bytes: number }>(
      `SELECT revision, sum(length(key) + coalesce(length(value), 0)) AS bytes FROM history
        WHERE revision = (SELECT min(revision) FROM history) GROUP BY revision`,
    );
    if (!oldest) return;
    db.run("DELETE FROM history WHERE revision = ?", oldest.revision);
    db.run(
      "UPDATE store SET forgotten = ?, kept_writes = kept_writes - 1, kept_bytes = kept_bytes - ?",
      oldest.revision,
      oldest.bytes,
    );
  }
}

/** Of the entry that is there and has not expired. */
function liveRevision(
  db: Reader,
  place: string,
  key: Uint8Array,
  { timeMs }: Note,
): number | undefined {
  const row = db.get<{ revision: number }>(
    `SELECT revision FROM entry WHERE place = ? AND key = ? AND (expires_ms IS NULL OR expires_ms > ?)`,
    place,
    key,
    timeMs,
  );
  return row?.revision;
}

function refuseAnotherTable(db: Reader, place: Place, note: Note, { tablesMax }: Limits): void {
  const name = nameOf(place);
  if (db.get("SELECT 1 FROM entry WHERE place = ? LIMIT 1", name)) return;
  if (tablesOf(db, place.database, note.timeMs).length < tablesMax) return;
  const text = `Cannot begin table "${place.table}": the limit is ${tablesMax}; use one that is there`;
  throw new ReefError("resource_exhausted", text, { maybeExecuted: false });
}

function revisionNow(db: Reader): number {
  return Number(db.get("SELECT revision FROM store")?.revision);
}
