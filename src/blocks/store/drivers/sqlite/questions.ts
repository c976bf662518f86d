/** What is read from a store in SQLite. Every row is held against its checksum before it is believed. */
import { rowChecksum } from "../../../../backends/sqlite/row-checksum.ts";
import type { Reader } from "../../../../backends/sqlite/statements.ts";
import type { ListQuery } from "../../contract.ts";
import { type Entry, listScanMax, type Page } from "../../index.ts";
import { damaged, damagedRow, ownRow } from "../rows/damaged.ts";
import { nameOf, type Place } from "../rows/keys.ts";
import { remainingMs } from "../rows/lifetime.ts";
import { takePage } from "../rows/page.ts";
import { checkHistory } from "./history.ts";
import { rangeOf } from "../rows/ranges.ts";
import type { Note } from "../rows/store-time.ts";

type Blob = Uint8Array<ArrayBuffer>;

interface EntryRow {
  readonly [column: string]: string | number | Blob | null;
  readonly place: string;
  readonly key: Blob;
  readonly value: Blob;
  readonly revision: number;
  readonly expires_ms: number | null;
  readonly checksum: number;
}

export function getEntry(
  db: Reader,
  place: Place,
  key: Uint8Array,
  nowMs: number,
): Entry | undefined {
  const row = db.get<EntryRow>(
    "SELECT * FROM entry WHERE place = ? AND key = ? AND (expires_ms IS NULL OR expires_ms > ?)",
    nameOf(place),
    key,
    nowMs,
  );
  return row && entryOf(row, nowMs);
}

/** Of one moment when it is asked in a snapshot. First the keys, because a value may be a million times larger. */
export function listEntries(db: Reader, place: Place, query: ListQuery, nowMs: number): Page {
  const order = query.order === "ascending" ? "" : "DESC";
  const [from, to] = rangeOf(query);
  const rows = db.all<{ key: Blob; bytes: number }>(
    `SELECT key, length(key) + length(value) AS bytes FROM entry WHERE place = ? AND key >= ? AND key < ?
      AND (expires_ms IS NULL OR expires_ms > ?) ORDER BY key ${order} LIMIT ?`,
    nameOf(place),
    from,
    to,
    nowMs,
    query.suffix ? listScanMax + 1 : query.limit + 1,
  );
  const { rows: taken, ...cursor } = takePage(rows, query);
  const keys = taken.map(({ key }) => key);
  // Others lie between those that end with a suffix.
  const items = query.suffix
    ? keys.flatMap((key) => getEntry(db, place, key, nowMs) ?? [])
    : neighbours(db, place, { keys, order }, nowMs);
  return { items, ...cursor };
}

/** The entries under keys that follow each other. */
function neighbours(
  db: Reader,
  place: Place,
  { keys, order }: { readonly keys: readonly Blob[]; readonly order: string },
  nowMs: number,
): Entry[] {
  const [first, last] = order === "" ? [keys[0], keys.at(-1)] : [keys.at(-1), keys[0]];
  if (!first || !last) return [];
  const rows = db.all<EntryRow>(
    `SELECT * FROM entry WHERE place = ? AND key >= ? AND key <= ? AND (expires_ms IS NULL OR expires_ms > ?)
      ORDER BY key ${order}`,
    nameOf(place),
    first,
    last,
    nowMs,
  );
  return rows.map((row) => entryOf(row, nowMs));
}

/** By leaps from one table to the next, however many entries they have. */
export function tablesOf(db: Reader, database: string, nowMs: number): string[] {
  const start = nameOf({ database, table: "" });
  const tables: string[] = [];
  for (let last = start; ;) {
    const next = db.get<{ place: string }>(
      "SELECT place FROM entry WHERE place > ? ORDER BY place LIMIT 1",
      last,
    );
    if (!next?.place.startsWith(start)) return tables;
    last = next.place;
    const live = db.get(
      "SELECT 1 FROM entry WHERE place = ? AND (expires_ms IS NULL OR expires_ms > ?) LIMIT 1",
      last,
      nowMs,
    );
    if (live) tables.push(last.slice(start.length));
  }
}

/** The time that was noted last. */
export function lastNote(db: Reader): Note {
  const row = db.get<Note>(
    "SELECT time_ms AS timeMs, boot_id AS bootId, boot_ms AS bootMs, wall_ms AS wallMs FROM store",
  );
  return row ?? damaged(ownRow);
}

/** When the next entry expires; `Infinity` when none will. */
export function nextExpiry(db: Reader): number {
  const row = db.get<{ at: number }>(
    "SELECT expires_ms AS at FROM entry WHERE expires_ms IS NOT NULL ORDER BY expires_ms LIMIT 1",
  );
  return row?.at ?? Infinity;
}

/** @throws {ReefError} `data_loss` at the first row that is not as it was written */
export function checkRows(db: Reader): void {
  let [place, key]: [string, Uint8Array] = ["", new Uint8Array()];
  for (;;) {
    const row = db.get<EntryRow>(
      "SELECT * FROM entry WHERE (place, key) > (?, ?) ORDER BY place, key LIMIT 1",
      place,
      key,
    );
    if (!row) break;
    entryOf(row, 0);
    ({ place, key } = row);
  }
  checkHistory(db);
}

function entryOf(row: EntryRow, nowMs: number): Entry {
  const { place, key, value, revision, expires_ms: expiresMs, checksum } = row;
  if (checksum !== rowChecksum(place, key, value, revision, expiresMs)) damagedRow("entry", row);
  const entry = { key, value, revision };
  return expiresMs === null ? entry : { ...entry, ttlMs: remainingMs(expiresMs, nowMs) };
}
