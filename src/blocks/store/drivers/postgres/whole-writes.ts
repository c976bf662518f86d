/** The writes that a watch is told of, out of the rows of a history: whole ones, as many as one answer has room for. */
import { batchOperationsMax, type Change, messageBytesMax } from "../../index.ts";
import type { KeptWrite } from "../rows/watch.ts";

/** A change, and what it counts for. */
export interface SizedChange {
  readonly revision: number;
  readonly bytes: number;
}

/**
 * The last revision that fits into one answer as a whole; undefined when all of them do. Of what comes behind an answer
 * one change is enough.
 */
export function lastWhole(changes: readonly SizedChange[]): number | undefined {
  let bytes = 0;
  const over = changes.findIndex((row) => (bytes += row.bytes) > messageBytesMax);
  const cut = over === -1 && changes.length > batchOperationsMax ? batchOperationsMax : over;
  const first = changes[cut];
  if (first === undefined) return undefined;
  const before = changes.slice(0, cut).findLast(({ revision }) => revision < first.revision);
  // One write is never larger than an answer.
  return before?.revision ?? first.revision;
}

/** Rows in the order of their writes, put together to these. */
export function writesOf<Row extends { readonly revision: number }>(
  rows: readonly Row[],
  changeOf: (row: Row) => Change,
): KeptWrite[] {
  const byRevision = Map.groupBy(rows, ({ revision }) => revision);
  return [...byRevision].map(([revision, of]) => ({ revision, changes: of.map(changeOf) }));
}
