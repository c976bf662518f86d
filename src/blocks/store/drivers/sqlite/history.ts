/** The last writes of a store in SQLite, as watches read them. */
import { rowChecksum } from "../../../../backends/sqlite/row-checksum.ts";
import type { Reader } from "../../../../backends/sqlite/statements.ts";
import { batchOperationsMax, type Change, type Moment } from "../../index.ts";
import { damaged, damagedRow, ownRow } from "../rows/damaged.ts";
import { nameOf, type Place } from "../rows/keys.ts";
import { rangeOf } from "../rows/ranges.ts";
import { isKept, type KeptHistory, lastWhole, writesOf } from "../rows/whole-writes.ts";

interface HistoryRow {
  readonly [column: string]: string | number | Uint8Array<ArrayBuffer> | null;
  readonly revision: number;
  readonly place: string;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly value: Uint8Array<ArrayBuffer> | null;
  readonly checksum: number;
}

export function momentOf(db: Reader): Moment {
  const { epoch, revision } = keptBy(db);
  return { epoch, revision };
}

/** As `Journal.since`, when it is asked in a snapshot. */
export function changesSince(
  db: Reader,
  place: Place,
  prefix: Uint8Array | undefined,
  after: Moment,
) {
  const kept = keptBy(db);
  if (!isKept(kept, after)) return undefined;
  const [from, to] = rangeOf({ prefix });
  const sizes = db.all<{ revision: number; bytes: number }>(
    `SELECT revision, length(key) + coalesce(length(value), 0) AS bytes FROM history
      WHERE revision > ? AND place = ? AND key >= ? AND key < ? ORDER BY revision, ordinal LIMIT ?`,
    after.revision,
    nameOf(place),
    from,
    to,
    batchOperationsMax + 1,
  );
  const through = lastWhole(sizes) ?? kept.revision;
  const rows = db.all<HistoryRow>(
    `SELECT * FROM history WHERE revision > ? AND revision <= ? AND place = ? AND key >= ? AND key < ?
      ORDER BY revision, ordinal`,
    after.revision,
    through,
    nameOf(place),
    from,
    to,
  );
  return { writes: writesOf(rows, changeOf), through };
}

/** @throws {ReefError} `data_loss` at the first row that is not as it was written */
export function checkHistory(db: Reader): void {
  for (const { revision } of db.all<{ revision: number }>(
    "SELECT DISTINCT revision FROM history",
  )) {
    db.all<HistoryRow>("SELECT * FROM history WHERE revision = ?", revision).forEach(changeOf);
  }
}

function keptBy(db: Reader): KeptHistory {
  // A type of its own: rows have an index signature, which interfaces do not fit.
  const row = db.get<{ epoch: string; revision: number; forgotten: number }>(
    "SELECT epoch, revision, forgotten FROM store",
  );
  return row ?? damaged(ownRow);
}

function changeOf(row: HistoryRow): Change {
  const { revision, place, key, value, checksum } = row;
  if (checksum !== rowChecksum(revision, place, key, value)) damagedRow("write", row);
  return value ? { key, value } : { key };
}
