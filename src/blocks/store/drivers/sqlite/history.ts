/** The last writes of a store in SQLite, as watches read them. */
import { rowChecksum } from "../../../../backends/sqlite/row-checksum.ts";
import type { Reader } from "../../../../backends/sqlite/statements.ts";
import { batchOperationsMax, type Change, type Moment } from "../../index.ts";
import { nameOf, type Place } from "../rows/keys.ts";
import type { Revision } from "../rows/watch.ts";
import { lastWhole } from "../rows/whole-revisions.ts";
import { damaged, rangeOf } from "../rows/ranges.ts";

interface HistoryRow {
  readonly [column: string]: string | number | Uint8Array<ArrayBuffer> | null;
  readonly revision: number;
  readonly place: string;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly value: Uint8Array<ArrayBuffer> | null;
  readonly checksum: number;
}

export function momentOf(db: Reader): Moment {
  const row = db.get<{ epoch: string; revision: number }>("SELECT epoch, revision FROM store");
  return row ?? damaged("the store's own row");
}

/** As `Journal.since`, when it is asked in a snapshot. */
export function changesSince(
  db: Reader,
  place: Place,
  prefix: Uint8Array | undefined,
  after: Moment,
) {
  const { epoch, revision: now } = momentOf(db);
  const forgotten = Number(db.get("SELECT forgotten FROM store")?.forgotten);
  if (epoch !== after.epoch || after.revision < forgotten || after.revision > now) return undefined;
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
  const through = lastWhole(sizes) ?? now;
  const rows = db.all<HistoryRow>(
    `SELECT * FROM history WHERE revision > ? AND revision <= ? AND place = ? AND key >= ? AND key < ?
      ORDER BY revision, ordinal`,
    after.revision,
    through,
    nameOf(place),
    from,
    to,
  );
  const byRevision = Map.groupBy(rows, ({ revision }) => revision);
  const revisions = [...byRevision].map(([revision, of]): Revision => {
    return { revision, changes: of.map(changeOf) };
  });
  return { revisions, through };
}

/** @throws {ReefError} `data_loss` at the first row that is not as it was written */
export function checkHistory(db: Reader): void {
  for (const { revision } of db.all<{ revision: number }>(
    "SELECT DISTINCT revision FROM history",
  )) {
    db.all<HistoryRow>("SELECT * FROM history WHERE revision = ?", revision).forEach(changeOf);
  }
}

function changeOf({ revision, place, key, value, checksum }: HistoryRow): Change {
  if (checksum !== rowChecksum(revision, place, key, value)) damaged("a write in the history");
  return value ? { key, value } : { key };
}
