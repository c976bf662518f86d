/** The last writes of a store in PostgreSQL, as watches read them, and what a platform hears of those of others. */
import { ownBytes } from "../../../../backends/postgres/arrays.ts";
import type { Run } from "../../../../backends/postgres/link.ts";
import { batchOperationsMax, type Change, messageBytesMax, type Moment } from "../../index.ts";
import { damaged, ownRow } from "../rows/damaged.ts";
import { isKept, type KeptHistory } from "../rows/kept-history.ts";
import type { Place } from "../rows/keys.ts";
import { rangeOf } from "../rows/ranges.ts";
import type { Note } from "../rows/store-time.ts";
import { WholeWrites } from "../rows/whole-writes.ts";
import { placeBytes } from "./questions.ts";

/** What is known of the whole store. */
export interface State extends KeptHistory {
  readonly note: Note;
  /** The server's wall clock. */
  readonly wallMs: number;
  /** Of the keys and values of all writes that there ever were. */
  readonly writtenBytes: number;
}

interface StateRow {
  readonly epoch: string;
  readonly revision: number;
  readonly forgotten: number;
  readonly written_bytes: number;
  readonly time_ms: number;
  readonly boot_id: string;
  readonly boot_ms: number;
  readonly wall_ms: number;
  readonly now_ms: number;
}

const nowMs = "(extract(epoch FROM clock_timestamp()) * 1000)::double precision";

const stateText = `SELECT *, ${nowMs} AS now_ms FROM store`;

/** Values come with what fits into one answer, and one row more than that says that there is more. */
const sinceText = `SELECT store.epoch, store.revision AS now, store.forgotten, kept.* FROM store
  LEFT JOIN (SELECT revision, ordinal, key, CASE WHEN running <= ${messageBytesMax} THEN value END AS value, bytes
    FROM (SELECT *, sum(bytes) OVER (ORDER BY revision, ordinal) AS running
      FROM (SELECT revision, ordinal, key, value, octet_length(key) + coalesce(octet_length(value), 0) AS bytes
        FROM history WHERE revision > $1 AND place = $2 AND key >= $3 AND key < $4
        ORDER BY revision, ordinal LIMIT ${batchOperationsMax + 1}) AS found) AS sized) AS kept ON true`;

interface SinceRow {
  readonly epoch: string;
  readonly now: number;
  readonly forgotten: number;
  /** Null, as all that follows, when there is no such write. */
  readonly revision: number | null;
  readonly ordinal: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  readonly bytes: number;
}

/** Which tables were written to behind a revision, the first time; and when the next entry expires. */
const newsText = `SELECT store.revision, store.forgotten, store.time_ms, later.place, later.first,
    (SELECT min(expires_ms) FROM entry WHERE expires_ms IS NOT NULL) AS next_ms
  FROM store LEFT JOIN (SELECT place, min(revision) AS first FROM history WHERE revision > $1 GROUP BY place) AS later
    ON true`;

/** What happened since it was asked last. */
export interface News {
  readonly revision: number;
  readonly forgotten: number;
  readonly timeMs: number;
  /** `Infinity`: none will. */
  readonly nextExpiryMs: number;
  readonly written: readonly { readonly place: string; readonly revision: number }[];
}

/** The texts above, for a look at how they are answered. */
export const historyTexts = { since: sinceText, news: newsText } as const;

/** @param lock what is behind the question: whoever writes holds the row until its transaction ends */
export async function stateOf(run: Run, lock: "" | "FOR UPDATE" = ""): Promise<State> {
  const [row] = await run<StateRow>(`${stateText} ${lock}`);
  if (row === undefined) return damaged(ownRow);
  const { epoch, revision, forgotten } = row;
  const note = {
    timeMs: row.time_ms,
    bootId: row.boot_id,
    bootMs: row.boot_ms,
    wallMs: row.wall_ms,
  };
  return { epoch, revision, forgotten, note, wallMs: row.now_ms, writtenBytes: row.written_bytes };
}

/** As `Journal.since`. */
export async function changesSince(
  run: Run,
  place: Place,
  prefix: Uint8Array | undefined,
  after: Moment,
) {
  const found = await run<SinceRow>(sinceText, [
    after.revision,
    placeBytes(place),
    ...rangeOf({ prefix }),
  ]);
  const [first] = found;
  if (first === undefined) return damaged(ownRow);
  const { epoch, now, forgotten } = first;
  if (!isKept({ epoch, revision: now, forgotten }, after)) return undefined;
  const rows = found
    .filter((row): row is SinceRow & { readonly revision: number } => row.revision !== null)
    .toSorted((a, b) => a.revision - b.revision || a.ordinal - b.ordinal);
  const answer = new WholeWrites();
  const isAll = rows.every((row) => answer.add(row, () => changeOf(row)));
  return { writes: answer.writes, through: isAll ? now : answer.through };
}

export async function newsSince(run: Run, revision: number): Promise<News> {
  const rows = await run<{
    readonly revision: number;
    readonly forgotten: number;
    readonly time_ms: number;
    readonly next_ms: number | null;
    readonly place: Uint8Array | null;
    readonly first: number;
  }>(newsText, [revision]);
  const [state] = rows;
  if (state === undefined) return damaged(ownRow);
  return {
    revision: state.revision,
    forgotten: state.forgotten,
    timeMs: state.time_ms,
    nextExpiryMs: state.next_ms ?? Infinity,
    written: rows.flatMap(({ place, first }) => {
      return place === null ? [] : [{ place: Buffer.from(place).toString(), revision: first }];
    }),
  };
}

function changeOf({ key, value }: SinceRow): Change {
  return value ? { key: ownBytes(key), value: ownBytes(value) } : { key: ownBytes(key) };
}
