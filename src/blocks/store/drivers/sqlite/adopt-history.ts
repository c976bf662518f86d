/** Brings the history of a store's first version, a row for each change, into the groups of the second. */
import { rowChecksum } from "../../../../backends/sqlite/row-checksum.ts";
import type { Writer } from "../../../../backends/sqlite/statements.ts";
import { damagedRow } from "../rows/damaged.ts";
import { appendGroup, packGroup } from "./history.ts";
import type { ChangedRow } from "./packed-rows.ts";

/** A change as the first version kept it. */
type OldRow = {
  readonly revision: number;
  readonly place: string;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly value: Uint8Array<ArrayBuffer> | null;
  readonly checksum: number;
};

/** Writes in one group. Of the largest ones few enough to be kept in memory: a write has 2 MiB at most. */
const groupWrites = 16;

/** @throws {ReefError} `data_loss` at the first row that is not as it was written */
export function adoptHistory(db: Writer): void {
  const revisions = db.all<{ revision: number }>(
    "SELECT DISTINCT revision FROM old_history ORDER BY revision",
  );
  for (let at = 0; at < revisions.length; at += groupWrites) {
    const group = revisions.slice(at, at + groupWrites).flatMap(({ revision }) => {
      return db.all<OldRow>(
        "SELECT * FROM old_history WHERE revision = ? ORDER BY ordinal",
        revision,
      );
    });
    appendGroup(db, packGroup(group.map(rowOf)));
  }
  db.run("DROP TABLE old_history");
}

/** The tree has it, with the time at which it expires; watches are not told of that. */
function rowOf(row: OldRow): ChangedRow {
  const { revision, place, key, value, checksum } = row;
  if (checksum !== rowChecksum(revision, place, key, value)) damagedRow("write", row);
  return { place, key, value, revision, expiresMs: null };
}
