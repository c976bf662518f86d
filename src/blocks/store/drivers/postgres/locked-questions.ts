/** What a writer asks while it holds the row of the store, so that nobody changes the answers before it has written. */
import { bytesList } from "../../../../backends/postgres/arrays.ts";
import type { Run } from "../../../../backends/postgres/link.ts";
import type { ReefError } from "../../../../core/errors.ts";
import { isPut, tooManyTables } from "../rows/allowed-changes.ts";
import { keyName, nameOf, type Place } from "../rows/keys.ts";
import { sweepRowsMax } from "../rows/lifetime.ts";
import type { Asked } from "./decide-writes.ts";
import { type State, stateOf } from "./history.ts";
import { placeBytes, tablesOf, wholeMs } from "./questions.ts";

/** What those who ask have to do with. */
export interface Before {
  readonly state: State;
  /** The entries that they depend on, also those that have expired. */
  readonly entries: readonly EntryBefore[];
  /** The tables that one of them would begin, by `nameOf`. */
  readonly begun: ReadonlySet<string>;
}

interface EntryBefore {
  /** As `keyName` says. */
  readonly name: string;
  readonly revision: number;
  readonly expiresMs: number | null;
}

const entriesText = `SELECT asked.n, entry.revision, entry.expires_ms
  FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS asked (place, key, n)
  JOIN entry ON entry.place = asked.place AND entry.key = asked.key`;

const begunText = `SELECT asked.place FROM unnest($1::bytea[]) AS asked (place)
  WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.place = asked.place)`;

const expiredText = `SELECT place, key FROM entry WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT ${sweepRowsMax}`;

const nextText = "SELECT min(expires_ms) AS next_ms FROM entry WHERE expires_ms > $1";

/** The texts above, for a look at how they are answered. */
export const lockedTexts = {
  entries: entriesText,
  begun: begunText,
  expired: expiredText,
  next: nextText,
} as const;

/** Locks, and asks everything in one round trip. */
export async function knownBefore(run: Run, asked: readonly Asked[]): Promise<Before> {
  const [state, entries, begun] = await Promise.all([
    stateOf(run, "FOR UPDATE"),
    entriesBefore(run, asked),
    tablesBegun(run, asked),
  ]);
  return { state, entries, begun };
}

/** By name, of those that have not expired. */
export function liveRevisions(
  entries: Before["entries"],
  nowMs: number,
): ReadonlyMap<string, number> {
  const live = entries.filter(({ expiresMs }) => (expiresMs ?? Infinity) > nowMs);
  return new Map(live.map(({ name, revision }) => [name, revision]));
}

/** Why a table cannot be begun; undefined: it can. */
export async function tableRefusal(
  run: Run,
  place: Place,
  nowMs: number,
  tablesMax: number,
): Promise<ReefError | undefined> {
  const tables = await tablesOf(run, place.database, nowMs);
  return tables.length < tablesMax ? undefined : tooManyTables(place, tablesMax);
}

/** What has expired, the oldest first, and when the next entry behind it does. */
export async function expiredEntries(run: Run, nowMs: number) {
  const [rows, [next]] = await Promise.all([
    run<{ readonly place: Uint8Array; readonly key: Uint8Array }>(expiredText, [wholeMs(nowMs)]),
    run<{ readonly next_ms: number | null }>(nextText, [wholeMs(nowMs)]),
  ]);
  const nextMs = rows.length < sweepRowsMax ? (next?.next_ms ?? Infinity) : nowMs;
  return {
    nextMs,
    expired: rows.map(({ place, key }) => ({ place: Buffer.from(place).toString(), key })),
  };
}

/** Only those whose revision, or whose being there, somebody has to know. */
async function entriesBefore(run: Run, asked: readonly Asked[]): Promise<EntryBefore[]> {
  const needed = asked.flatMap(({ place, writes }) => {
    return writes
      .filter(({ value, expectedRevision }) => !value || expectedRevision !== undefined)
      .map(({ key }) => ({ place, key }));
  });
  if (needed.length === 0) return [];
  const rows = await run<{ n: number; revision: number; expires_ms: number | null }>(entriesText, [
    bytesList(needed.map(({ place }) => placeBytes(place))),
    bytesList(needed.map(({ key }) => key)),
  ]);
  return rows.flatMap(({ n, revision, expires_ms: expiresMs }) => {
    const at = needed[n - 1];
    return at ? [{ name: keyName(nameOf(at.place), at.key), revision, expiresMs }] : [];
  });
}

async function tablesBegun(run: Run, asked: readonly Asked[]): Promise<Set<string>> {
  const puts = asked.filter(({ writes }) => writes.some(isPut));
  const places = new Set(puts.map(({ place }) => nameOf(place)));
  if (places.size === 0) return places;
  const list = bytesList([...places].map((place) => Buffer.from(place)));
  const rows = await run<{ readonly place: Uint8Array }>(begunText, [list]);
  return new Set(rows.map(({ place }) => Buffer.from(place).toString()));
}
