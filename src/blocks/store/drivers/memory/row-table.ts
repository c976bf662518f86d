/** The rows of one table in the order of their keys, and the order in which rows expire. */
import type { ListQuery } from "../../contract.ts";
import { behind, orderOf } from "../rows/keys.ts";
import { keyOfCursor } from "../rows/page.ts";
import type { SortedArray } from "./sorted-array.ts";

/** What rows are in order by. */
interface Ordered {
  readonly order: string;
}

/** The store's own copies; what goes out is copied again. */
export interface Row extends Ordered {
  readonly table: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly bytes: number;
  readonly revision: number;
  /** On the monotonic clock; `Infinity`: it stays. */
  readonly expiresMs: number;
}

export type RowTable = SortedArray<Ordered, Row>;

/** The rows that a query is about, in its order, from its cursor on. */
export function* rowsOf(table: RowTable | undefined, query: ListQuery): Generator<Row> {
  const prefix = orderOf(query.prefix ?? new Uint8Array());
  const from = query.cursor === undefined ? undefined : orderOf(keyOfCursor(query.cursor));
  if (table === undefined) return;
  let start = table.indexOf({ order: prefix });
  let end = table.indexOf({ order: behind(prefix) });
  const ascending = query.order === "ascending";
  if (from !== undefined && ascending) {
    // The first that is longer by anything.
    start = Math.max(start, table.indexOf({ order: `${from}\0` }));
  }
  if (from !== undefined && !ascending) end = Math.min(end, table.indexOf({ order: from }));
  for (let taken = 0; taken < end - start; taken++) {
    const row = table.at(ascending ? start + taken : end - 1 - taken);
    if (row) yield row;
  }
}

export function byOrder(a: Ordered, b: Ordered): number {
  return a.order < b.order ? -1 : Number(a.order > b.order);
}

/** Those that expire together are told apart, so that each can be taken out. */
export function byExpiry(a: Row, b: Row): number {
  return a.expiresMs - b.expiresMs || a.revision - b.revision || byOrder(a, b);
}
