/** What a store in SQLite knows of itself: one row. */
import type { Reader, Writer } from "../../../../backends/sqlite/statements.ts";
import { ReefError } from "../../../../core/errors.ts";
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

/**
 * With each commit, whose first write follows the last one that is there.
 * @throws {ReefError} `aborted` when it does not: the commit before has failed
 */
export function noteCommit(
  db: Writer,
  { first, last }: { readonly first: number; readonly last: number },
  { timeMs, bootId, bootMs, wallMs }: Note,
): void {
  const noted = db.run(
    "UPDATE store SET revision = ?, time_ms = ?, boot_id = ?, boot_ms = ?, wall_ms = ? WHERE revision = ?",
    last,
    timeMs,
    bootId,
    bootMs,
    wallMs,
    first - 1,
  );
  if (noted === 0) throw notNext(first);
}

export function noteApplied(db: Writer, applied: number, forgotten: number): void {
  db.run("UPDATE store SET applied = ?, forgotten = ?", applied, forgotten);
}

/** After the content was replaced: what watches know of it is of another history. */
export function renewEpoch(db: Writer): void {
  db.run("UPDATE store SET epoch = lower(hex(randomblob(16)))");
}

function notNext(revision: number): ReefError {
  return new ReefError(
    "aborted",
    `Cannot write revision ${revision}: the one before it is not there; decide again on what is there`,
    { maybeExecuted: false },
  );
}
