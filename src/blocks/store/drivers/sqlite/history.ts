/**
 * All that was written, in groups of rows as they were committed. A commit writes here first, and nowhere else before
 * it is acknowledged; watches read it, and what the tree does not have yet comes from here when the store is opened.
 */
import { rowChecksum } from "../../../../backends/sqlite/row-checksum.ts";
import type { Reader, Writer } from "../../../../backends/sqlite/statements.ts";
import { copyBytes } from "../../../../core/text-bytes.ts";
import type { Change, Moment } from "../../index.ts";
import { damaged } from "../rows/damaged.ts";
import { isKept, type KeptHistory } from "../rows/kept-history.ts";
import { behind, orderOf } from "../rows/keys.ts";
import type { KeptWrite } from "../rows/watch.ts";
import { WholeWrites } from "../rows/whole-writes.ts";
import { type ChangedRow, packRows, rowBytes, unpackRows } from "./packed-rows.ts";

/** The rows of one commit, as they lie in the file. */
// A type: rows of SQLite have an index signature, which interfaces do not fit.
export type PackedGroup = {
  /** The revisions of its writes. */
  readonly first: number;
  readonly last: number;
  /** Of keys and values. */
  readonly bytes: number;
  /** By `packRows`. */
  readonly changes: Uint8Array<ArrayBuffer>;
};

type StoredGroup = PackedGroup & { readonly checksum: number };

/** There is at least one row. */
export function packGroup(rows: readonly ChangedRow[]): PackedGroup {
  const [first, last] = [rows[0]!.revision, rows.at(-1)!.revision];
  const bytes = rows.reduce((sum, row) => sum + rowBytes(row), 0);
  return { first, last, bytes, changes: packRows(rows) };
}

export function appendGroup(db: Writer, { first, last, bytes, changes }: PackedGroup): void {
  const checksum = rowChecksum(first, last, bytes, changes);
  db.run("INSERT INTO history VALUES (?, ?, ?, ?, ?)", last, first, bytes, changes, checksum);
}

/** Nobody needs it any more. */
export function dropThrough(db: Writer, revision: number): void {
  db.run("DELETE FROM history WHERE last <= ?", revision);
}

/** The groups that end behind a revision, one after the other. */
export function* groupsBehind(db: Reader, revision: number): Generator<PackedGroup> {
  const next = "SELECT * FROM history WHERE last > ? ORDER BY last LIMIT 1";
  let group = db.get<StoredGroup>(next, revision);
  while (group !== undefined) {
    yield checkedGroup(group);
    group = db.get<StoredGroup>(next, group.last);
  }
}

/** The ends of the groups that end behind a revision, and what they count for. */
export function groupSizes(db: Reader, revision: number) {
  return db.all<{ last: number; bytes: number }>(
    "SELECT last, bytes FROM history WHERE last > ? ORDER BY last",
    revision,
  );
}

/** Which keys of a place somebody watches. */
export interface WatchedKeys {
  readonly place: string;
  readonly prefix: Uint8Array | undefined;
}

/** As `Journal.since`: whole writes, as many as one answer has room for. */
export function changesSince(
  db: Reader,
  { place, prefix = new Uint8Array() }: WatchedKeys,
  kept: KeptHistory,
  after: Moment,
): { writes: KeptWrite[]; through: number } | undefined {
  if (!isKept(kept, after)) return undefined;
  const from = orderOf(prefix);
  const answer = new WholeWrites();
  for (const { changes } of groupsBehind(db, after.revision)) {
    for (const row of unpackRows(changes)) {
      // What is on disk and not yet acknowledged is told when it is.
      if (row.revision > kept.revision) return { writes: answer.writes, through: kept.revision };
      if (row.revision <= after.revision || row.place !== place) continue;
      const order = orderOf(row.key);
      if (order < from || order >= behind(from)) continue;
      const { revision } = row;
      const hasRoom = answer.add({ revision, bytes: rowBytes(row) }, () => copyOf(row));
      if (!hasRoom) return { writes: answer.writes, through: answer.through };
    }
  }
  return { writes: answer.writes, through: kept.revision };
}

/** @throws {ReefError} `data_loss` at the first group that is not as it was written */
export function checkHistory(db: Reader): void {
  for (const _ of groupsBehind(db, 0));
}

/** Copied: a reader that keeps a value must not keep its group. */
function copyOf({ key, value }: ChangedRow): Change {
  return { key: copyBytes(key), ...(value && { value: copyBytes(value) }) };
}

function checkedGroup(group: StoredGroup): PackedGroup {
  const { first, last, bytes, changes, checksum } = group;
  if (checksum === rowChecksum(first, last, bytes, changes)) return group;
  return damaged(`writes ${first} to ${last} in the history`);
}
