/** What a store in SQLite knows of itself: one row. */
import type { Reader, Writer } from "../../../../backends/sqlite/statements.ts";
import { damaged, ownRow } from "../rows/damaged.ts";
import type { Note } from "../rows/store-time.ts";

// A type: rows of SQLite have an index signature, which interfaces do not fit.
export type State = Note & {
  readonly epoch: string;
  /** Of the last write. */
  readonly revision: number;
  /** The last write that is in the tree, as all before it are; some behind it may be. */
  readonly applied: number;
  /** The last write that is not in the history any more. */
  readonly forgotten: number;
};

export function readState(db: Reader): State {
  const row = db.get<State>(
    `SELECT epoch, revision, forgotten, applied, time_ms AS timeMs, boot_id AS bootId, boot_ms AS bootMs,
      wall_ms AS wallMs FROM store`,
  );
  return row ?? damaged(ownRow);
}

/** With each commit. */
export function noteCommit(db: Writer, revision: number, note: Note): void {
  const { timeMs, bootId, bootMs, wallMs } = note;
  db.run(
    "UPDATE store SET revision = ?, time_ms = ?, boot_id = ?, boot_ms = ?, wall_ms = ?",
    revision,
    timeMs,
    bootId,
    bootMs,
    wallMs,
  );
}

export function noteApplied(db: Writer, applied: number, forgotten: number): void {
  db.run("UPDATE store SET applied = ?, forgotten = ?", applied, forgotten);
}

/** After the content was replaced: what watches know of it is of another history. */
export function renewEpoch(db: Writer): void {
  db.run("UPDATE store SET epoch = lower(hex(randomblob(16)))");
}
