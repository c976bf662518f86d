/**
 * All that was written, in groups of rows as they were committed. A commit writes here first, and nowhere else before
 * it is acknowledged; watches read it, and what the tree does not have yet comes from here when the store is opened.
 */
import { rowChecksum } from "../../../../backends/sqlite/row-checksum.ts";
import type { Reader, Writer } from "../../../../backends/sqlite/statements.ts";
import { copyBytes } from "../../../../core/text-bytes.ts";
import { batchOperationsMax, type Change, messageBytesMax, type Moment } from "../../index.ts";
import { damaged } from "../rows/damaged.ts";
import { isKept, type KeptHistory } from "../rows/kept-history.ts";
import { behind, orderOf } from "../rows/keys.ts";
import type { KeptWrite } from "../rows/watch.ts";
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
  const answer = new Answer();
  for (const { changes } of groupsBehind(db, after.revision)) {
    for (const row of unpackRows(changes)) {
      // What is on disk and not yet acknowledged is told when it is.
      if (row.revision > kept.revision) return { writes: answer.writes, through: kept.revision };
      if (row.revision <= after.revision || row.place !== place) continue;
      const order = orderOf(row.key);
      if (order < from || order >= behind(from)) continue;
      if (!answer.add(row)) return { writes: answer.writes, through: answer.through };
    }
  }
  return { writes: answer.writes, through: kept.revision };
}

/** @throws {ReefError} `data_loss` at the first group that is not as it was written */
export function checkHistory(db: Reader): void {
  for (const _ of groupsBehind(db, 0));
}

/** Writes are never larger than an answer, so that the first one always has room. */
class Answer {
  readonly writes: KeptWrite[] = [];
  #changes: Change[] = [];
  #bytes = 0;
  #count = 0;
  /** The last write that is in it. */
  through = 0;

  /** False: there is no room for the write that this row belongs to. */
  add(row: ChangedRow): boolean {
    this.#bytes += rowBytes(row);
    this.#count += 1;
    const isFull = this.#bytes > messageBytesMax || this.#count > batchOperationsMax;
    if (row.revision !== this.through) {
      if (isFull && this.writes.length > 0) return false;
      this.#changes = [];
      this.writes.push({ revision: row.revision, changes: this.#changes });
    } else if (isFull && this.writes.length > 1) {
      // A write that was begun and has no room as a whole.
      this.writes.pop();
      this.through = this.writes.at(-1)!.revision;
      return false;
    }
    this.through = row.revision;
    const { key, value } = row;
    // Copied: a reader that keeps a value must not keep its group.
    this.#changes.push({ key: copyBytes(key), ...(value && { value: copyBytes(value) }) });
    return true;
  }
}

function checkedGroup(group: StoredGroup): PackedGroup {
  const { first, last, bytes, changes, checksum } = group;
  if (checksum === rowChecksum(first, last, bytes, changes)) return group;
  return damaged(`writes ${first} to ${last} in the history`);
}
