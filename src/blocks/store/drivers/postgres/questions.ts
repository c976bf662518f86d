/** What is read from a store in PostgreSQL: each is one statement, and so of one moment. */
import { bytesList, ownBytes } from "../../../../backends/postgres/arrays.ts";
import type { Run } from "../../../../backends/postgres/link.ts";
import type { ListQuery } from "../../contract.ts";
import { type Entry, listScanMax, messageBytesMax, type Page } from "../../index.ts";
import { nameOf, type Place } from "../rows/keys.ts";
import { remainingMs } from "../rows/lifetime.ts";
import { takePage } from "../rows/page.ts";
import { rangeOf } from "../rows/ranges.ts";
import type { Sought } from "./group-reader.ts";

interface EntryRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  readonly revision: number;
  readonly expires_ms: number | null;
}

const live = "(expires_ms IS NULL OR expires_ms > $1)";

const getText = `SELECT sought.n, value, revision, expires_ms
  FROM unnest($2::bytea[], $3::bytea[]) WITH ORDINALITY AS sought (place, key, n)
  JOIN entry ON entry.place = sought.place AND entry.key = sought.key WHERE ${live}`;

/**
 * The keys that a page walks over, at most one more than it may have. Values come only with those that it may hold:
 * where `bytes`, summed up over the wanted ones, stays within the size of a message, or for the first of them.
 */
const listTexts = { ascending: listText(""), descending: listText("DESC") } as const;

function listText(direction: "" | "DESC"): string {
  return `SELECT key, bytes, revision, expires_ms,
      CASE WHEN wanted AND (running <= ${messageBytesMax} OR running = bytes) THEN value END AS value
    FROM (SELECT *, sum(CASE WHEN wanted THEN bytes ELSE 0 END) OVER (ORDER BY key ${direction}) AS running
      FROM (SELECT key, value, revision, expires_ms, octet_length(key) + octet_length(value) AS bytes,
          octet_length(key) >= octet_length($6::bytea)
            AND substr(key, octet_length(key) - octet_length($6::bytea) + 1) = $6::bytea AS wanted
        FROM entry WHERE ${live} AND place = $2 AND key >= $3 AND key < $4
        ORDER BY key ${direction} LIMIT $5) AS walked) AS sized
    ORDER BY key ${direction}`;
}

/** By leaps from one table to the next, however many entries they have. */
const tablesText = `WITH RECURSIVE leap (place) AS (
    (SELECT place FROM entry WHERE place > $2 AND place < $3 ORDER BY place LIMIT 1)
    UNION ALL
    SELECT (SELECT entry.place FROM entry WHERE entry.place > leap.place AND entry.place < $3
      ORDER BY entry.place LIMIT 1) FROM leap WHERE leap.place IS NOT NULL)
  SELECT place FROM leap WHERE place IS NOT NULL
    AND EXISTS (SELECT 1 FROM entry WHERE entry.place = leap.place AND ${live})`;

/** In the order in which they are sought. */
export async function getEntries(
  run: Run,
  sought: readonly Sought[],
  nowMs: number,
): Promise<readonly (Entry | undefined)[]> {
  const rows = await run<Omit<EntryRow, "key"> & { readonly n: number }>(getText, [
    wholeMs(nowMs),
    bytesList(sought.map(({ place }) => placeBytes(place))),
    bytesList(sought.map(({ key }) => key)),
  ]);
  const found = new Map(rows.map((row) => [row.n, row]));
  return sought.map(({ key }, index) => {
    const row = found.get(index + 1);
    return row && entryOf({ ...row, key }, nowMs);
  });
}

export async function listEntries(
  run: Run,
  place: Place,
  query: ListQuery,
  nowMs: number,
): Promise<Page> {
  const [from, to] = rangeOf(query);
  const { suffix = new Uint8Array(), limit, order } = query;
  const walked = await run<EntryRow & { readonly bytes: number }>(listTexts[order], [
    wholeMs(nowMs),
    placeBytes(place),
    from,
    to,
    suffix.length > 0 ? listScanMax + 1 : limit + 1,
    suffix,
  ]);
  const { rows, ...cursor } = takePage(walked, query);
  return { items: rows.map((row) => entryOf(row, nowMs)), ...cursor };
}

/** The names of the tables of a database that have entries, in order. */
export async function tablesOf(run: Run, database: string, nowMs: number): Promise<string[]> {
  const start = nameOf({ database, table: "" });
  // "!" comes behind the space with which `start` ends.
  const end = `${start.slice(0, -1)}!`;
  const rows = await run<{ place: Uint8Array }>(tablesText, [
    wholeMs(nowMs),
    Buffer.from(start),
    Buffer.from(end),
  ]);
  return rows.map(({ place }) => Buffer.from(place).toString().slice(start.length));
}

/** The texts above, for a look at how they are answered. */
export const questionTexts = {
  get: getText,
  list: listTexts.ascending,
  backwards: listTexts.descending,
  tables: tablesText,
} as const;

/** A time as it is compared with whole milliseconds: what expires at 7 is gone from 7.0 on. */
export function wholeMs(nowMs: number): number {
  return Math.floor(nowMs);
}

/** As it is in the column of the same name. */
export function placeBytes(place: Place): Uint8Array {
  return Buffer.from(nameOf(place));
}

function entryOf({ key, value, revision, expires_ms: expiresMs }: EntryRow, nowMs: number): Entry {
  const entry = { key: ownBytes(key), value: ownBytes(value ?? new Uint8Array()), revision };
  if (expiresMs === null) return entry;
  return { ...entry, ttlMs: remainingMs(expiresMs, nowMs) };
}
