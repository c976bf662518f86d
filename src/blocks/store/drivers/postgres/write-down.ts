/** What was decided, as statements: as many for one write as for a thousand. */
import { bytesList, numbersList } from "../../../../backends/postgres/arrays.ts";
import type { Statement } from "../../../../backends/postgres/commit.ts";
import type { Write } from "../../contract.ts";
import { keyName, sizeOf } from "../rows/keys.ts";
import { expiryOf } from "../rows/lifetime.ts";
import type { Note } from "../rows/store-time.ts";
import type { Done } from "./decide-writes.ts";
import type { State } from "./history.ts";

/** How much of the history is kept. */
export interface HistoryLimits {
  readonly historyMax: number;
  readonly historyBytesMax: number;
}

const deleteText = `DELETE FROM entry WHERE (place, key) IN
  (SELECT gone.place, gone.key FROM unnest($1::bytea[], $2::bytea[]) AS gone (place, key))`;

const putText = `INSERT INTO entry (place, key, value, revision, expires_ms)
  SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[])
  ON CONFLICT (place, key) DO UPDATE
    SET value = excluded.value, revision = excluded.revision, expires_ms = excluded.expires_ms`;

const historyText = `INSERT INTO history (revision, ordinal, place, key, value, before_bytes)
  SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bigint[])`;

/**
 * Revisions have no gaps, so that counting them is counting writes. The first write that is kept is the first one
 * behind which no more than the limit was written.
 */
const stateText = `UPDATE store SET revision = $1, written_bytes = $2,
    forgotten = greatest(forgotten, $1 - $3::bigint, coalesce((SELECT history.revision - 1 FROM history
      WHERE history.revision > store.forgotten AND history.before_bytes >= $2 - $4::bigint
      ORDER BY history.revision LIMIT 1), $1)),
    time_ms = $5, boot_id = $6, boot_ms = $7, wall_ms = $8`;

const forgetText =
  "DELETE FROM history WHERE revision > $1 AND revision <= (SELECT forgotten FROM store)";

/** The texts above, for a look at how they are answered. */
export const writeTexts = {
  delete: deleteText,
  state: stateText,
  forget: forgetText,
} as const;

/** The time alone, when nothing is written. */
export function noteDown({ timeMs, bootId, bootMs, wallMs }: Note): Statement {
  const text = "UPDATE store SET time_ms = $1, boot_id = $2, boot_ms = $3, wall_ms = $4";
  return [text, [timeMs, bootId, bootMs, wallMs]];
}

/** In their order; `done` is not empty. */
export function writeDown(
  done: readonly Done[],
  before: State,
  note: Note,
  { historyMax, historyBytesMax }: HistoryLimits,
): Statement[] {
  const { timeMs, bootId, bootMs, wallMs } = note;
  const [puts, deletes] = lastOf(done);
  const kept = keptOf(done, before.writtenBytes);
  const values = [
    done.at(-1)?.revision ?? before.revision,
    kept.writtenBytes,
    historyMax,
    historyBytesMax,
    timeMs,
    bootId,
    bootMs,
    wallMs,
  ];
  const statements: Statement[] = [];
  if (deletes.length > 0) statements.push([deleteText, keysOf(deletes)]);
  if (puts.length > 0) {
    const revisions = numbersList(puts.map(({ revision }) => revision));
    const expiries = puts.map(({ ttlMs }) => ttlMs && expiryOf(ttlMs, timeMs));
    const bytes = bytesList(puts.map(({ value }) => value));
    statements.push([putText, [...keysOf(puts), bytes, revisions, numbersList(expiries)]]);
  }
  statements.push([historyText, kept.columns], [stateText, values]);
  statements.push([forgetText, [before.forgotten]]);
  return statements;
}

interface PlacedWrite extends Write {
  readonly place: string;
  readonly revision: number;
}

/** Of each key only what was done to it last: what it is put to, or that it is deleted. */
function lastOf(done: readonly Done[]): [puts: PlacedWrite[], deletes: PlacedWrite[]] {
  const last = new Map<string, PlacedWrite>();
  for (const { place, revision, changes } of done) {
    for (const write of changes) {
      last.set(keyName(place, write.key), { ...write, place, revision });
    }
  }
  const { put = [], deletion = [] } = Object.groupBy(last.values(), ({ value }) =>
    value ? "put" : "deletion",
  );
  return [put, deletion];
}

function keysOf(writes: readonly PlacedWrite[]): string[] {
  return [
    bytesList(writes.map(({ place }) => Buffer.from(place))),
    bytesList(writes.map(({ key }) => key)),
  ];
}

/** All of them, as columns of the history. */
function keptOf(done: readonly Done[], bytesBefore: number) {
  let writtenBytes = bytesBefore;
  const rows = done.flatMap(({ place, revision, changes }) => {
    const before = writtenBytes;
    for (const write of changes) writtenBytes += sizeOf(write);
    return changes.map((write, ordinal) => ({ ...write, place, revision, ordinal, before }));
  });
  const columns = [
    numbersList(rows.map(({ revision }) => revision)),
    numbersList(rows.map(({ ordinal }) => ordinal)),
    ...keysOf(rows),
    bytesList(rows.map(({ value }) => value)),
    numbersList(rows.map(({ before }) => before)),
  ];
  return { columns, writtenBytes };
}
