/**
 * The tree: the table `entry`, which SQLite keeps as one B-tree in the order of place and key, as far as the history
 * has been brought into it. Every row is held against its checksum before it is believed.
 */
import { rowChecksum } from "../../../../backends/sqlite/row-checksum.ts";
import type { Reader, SqlValue, Writer } from "../../../../backends/sqlite/statements.ts";
import { damagedRow } from "../rows/damaged.ts";
import type { KeyRange } from "./generation.ts";
import type { ChangedRow } from "./packed-rows.ts";

type Blob = Uint8Array<ArrayBuffer>;

/** An entry as it is in its table, in its place. */
interface TreeRow {
  readonly [column: string]: string | number | Blob | null;
  readonly key: Blob;
  readonly value: Blob;
  readonly revision: number;
  readonly expires_ms: number | null;
  readonly checksum: number;
}

const rowColumns = "key, value, revision, expires_ms, checksum";

/** A key without its value, which may be a million times larger. */
export interface TreeKey {
  readonly key: Uint8Array;
  /** Of key and value. */
  readonly bytes: number;
}

export function findRow(db: Reader, place: string, key: Uint8Array): ChangedRow | undefined {
  const sql = `SELECT ${rowColumns} FROM entry WHERE place = ? AND key = ?`;
  const row = db.get<TreeRow>(sql, place, key);
  return row && checkedRow(place, row);
}

/** Those that have expired by `nowMs` are left out. */
export function* rowsOf(
  db: Reader,
  place: string,
  range: KeyRange,
  nowMs: number,
): Generator<ChangedRow, undefined> {
  for (const row of db.each<TreeRow>(...questionOf(rowColumns, place, range, nowMs))) {
    yield checkedRow(place, row);
  }
  return undefined;
}

/** As `rowsOf`. */
export function* keysOf(
  db: Reader,
  place: string,
  range: KeyRange,
  nowMs: number,
): Generator<TreeKey, undefined> {
  const columns = "key, length(key) + length(value) AS bytes";
  yield* db.each<{ key: Blob; bytes: number }>(...questionOf(columns, place, range, nowMs));
  return undefined;
}

function questionOf(
  columns: string,
  place: string,
  { from, to, descending }: KeyRange,
  nowMs: number,
): [sql: string, ...values: SqlValue[]] {
  const sql =
    `SELECT ${columns} FROM entry WHERE place = ? AND key >= ? AND key < ? ` +
    `AND (expires_ms IS NULL OR expires_ms > ?) ORDER BY key ${descending ? "DESC" : ""}`;
  return [sql, place, from, to, nowMs];
}

/** Sorted; by leaps from one to the next, however many entries they have. */
export function* placesFrom(db: Reader, start: string): Generator<string, undefined> {
  const sql = "SELECT place FROM entry WHERE place > ? ORDER BY place LIMIT 1";
  for (let place = start; ;) {
    const next = db.get<{ place: string }>(sql, place);
    if (!next?.place.startsWith(start)) return undefined;
    ({ place } = next);
    yield place;
  }
}

/** A key that has an end. */
export type ExpiringKey = {
  readonly place: string;
  readonly key: Blob;
  readonly expiresMs: number;
};

/** The next one to expire first; asked for in portions. */
export function* expiringKeys(db: Reader, portion: number): Generator<ExpiringKey, undefined> {
  let last: readonly [number, string, Uint8Array] = [-Infinity, "", new Uint8Array()];
  for (;;) {
    const rows = db.all<ExpiringKey>(
      `SELECT expires_ms AS expiresMs, place, key FROM entry WHERE expires_ms IS NOT NULL
        AND (expires_ms, place, key) > (?, ?, ?) ORDER BY expires_ms, place, key LIMIT ?`,
      ...last,
      portion,
    );
    yield* rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < portion) return undefined;
    last = [end.expiresMs, end.place, end.key];
  }
}

/** Brings rows into the tree. */
export function applyRows(db: Writer, rows: readonly ChangedRow[]): void {
  let values: SqlValue[] = [];
  for (const { place, key, value, revision, expiresMs } of rows) {
    if (value === null) {
      db.run("DELETE FROM entry WHERE place = ? AND key = ?", place, key);
      continue;
    }
    const checksum = rowChecksum(place, key, value, revision, expiresMs);
    values.push(place, key, value, revision, expiresMs, checksum);
    if (values.length < valuesAtOnce) continue;
    db.run(putMany, ...values);
    values = [];
  }
  for (let at = 0; at < values.length; at += entryValues) {
    db.run(putOne, ...values.slice(at, at + entryValues));
  }
}

/** Of one entry. */
const entryValues = 6;
/** Asking SQLite once for several rows costs a third less; with more of them there is nothing more to gain. */
const valuesAtOnce = 8 * entryValues;

const putOne = "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)";
const putMany = `${putOne}${", (?, ?, ?, ?, ?, ?)".repeat(valuesAtOnce / entryValues - 1)}`;

/** @throws {ReefError} `data_loss` at the first row that is not as it was written */
export function checkTree(db: Reader): void {
  let [place, key]: [string, Uint8Array] = ["", new Uint8Array()];
  for (;;) {
    const row = db.get<TreeRow & { readonly place: string }>(
      "SELECT * FROM entry WHERE (place, key) > (?, ?) ORDER BY place, key LIMIT 1",
      place,
      key,
    );
    if (!row) return;
    ({ place, key } = checkedRow(row.place, row));
  }
}

function checkedRow(place: string, row: TreeRow): ChangedRow {
  const { key, value, revision, expires_ms: expiresMs, checksum } = row;
  if (checksum !== rowChecksum(place, key, value, revision, expiresMs)) {
    damagedRow("entry", { place, key });
  }
  return { place, key, value, revision, expiresMs };
}
