/** What the writes of one commit have in common: the store's own row, read before them and written behind them. */
import type { Reader, Writer } from "../../../../backends/sqlite/statements.ts";
import type { Limits } from "../rows/limits.ts";
import type { Note } from "../rows/store-time.ts";
import { damaged, ownRow } from "../rows/damaged.ts";

export interface Commit {
  readonly limits: Limits;
  /** When it began. */
  readonly note: Note;
  /** Tables that are known to be there. */
  readonly places: Set<string>;
  /** As it was before the first write. */
  readonly revisionBefore: number;
  /** Of the last write. */
  revision: number;
  /** The last write that is not in the history any more; each write has the revision behind the one before it. */
  forgotten: number;
  /** Of the keys and values in the history. */
  keptBytes: number;
}

export function beginCommit(db: Reader, limits: Limits, note: Note): Commit {
  const row = db.get<{ revision: number; forgotten: number; keptBytes: number }>(
    "SELECT revision, forgotten, kept_bytes AS keptBytes FROM store",
  );
  if (!row) return damaged(ownRow);
  return { limits, note, places: new Set(), revisionBefore: row.revision, ...row };
}

export function endCommit(db: Writer, commit: Commit): void {
  const { note, revision } = commit;
  if (revision === commit.revisionBefore) return;
  forget(db, commit);
  db.run(
    `UPDATE store SET revision = ?, forgotten = ?, kept_bytes = ?, time_ms = ?, boot_id = ?, boot_ms = ?,
      wall_ms = ?`,
    revision,
    commit.forgotten,
    commit.keptBytes,
    note.timeMs,
    note.bootId,
    note.bootMs,
    note.wallMs,
  );
}

function forget(db: Writer, commit: Commit): void {
  const { historyMax, historyBytesMax } = commit.limits;
  if (commit.revision - commit.forgotten > historyMax) {
    forgetThrough(db, commit, commit.revision - historyMax);
  }
  while (commit.keptBytes > historyBytesMax && commit.forgotten < commit.revision) {
    forgetThrough(db, commit, commit.forgotten + 1);
  }
}

function forgetThrough(db: Writer, commit: Commit, revision: number): void {
  const gone = db.get<{ bytes: number }>(
    `SELECT coalesce(sum(length(key) + coalesce(length(value), 0)), 0) AS bytes FROM history WHERE revision <= ?`,
    revision,
  );
  db.run("DELETE FROM history WHERE revision <= ?", revision);
  commit.forgotten = revision;
  commit.keptBytes -= gone?.bytes ?? 0;
}
