/** The store as readers see it: the overlay over the tree, without what has expired. */
import type { Reader } from "../../../../backends/sqlite/statements.ts";
import { copyBytes } from "../../../../core/text-bytes.ts";
import type { ListQuery } from "../../contract.ts";
import { type Entry, listScanMax, type Page } from "../../index.ts";
import { remainingMs, sweepRowsMax } from "../rows/lifetime.ts";
import { type PageRow, takePage } from "../rows/page.ts";
import { rangeOf } from "../rows/ranges.ts";
import type { OrderedRow, OrderRange } from "./generation.ts";
import { newest, type Overlay } from "./overlay.ts";
import { type ChangedRow, rowBytes } from "./packed-rows.ts";
import { expiringKeys, findRow, keysOf, placesFrom, rowsBetween } from "./tree.ts";

/** A key of a page; with its row when that is in the overlay. */
interface Candidate extends PageRow {
  readonly order: string;
  readonly row?: ChangedRow;
}

/** All keys. */
const everything = orderRangeOf({});

export class View {
  readonly #db: Reader;
  readonly #overlay: Overlay;

  constructor(db: Reader, overlay: Overlay) {
    this.#db = db;
    this.#overlay = overlay;
  }

  /** The entry under a key. */
  find(place: string, key: Uint8Array, nowMs: number): Entry | undefined {
    const row = this.#overlay.find(place, key);
    if (row) return isThere(row, nowMs) ? ownEntryOf(row, nowMs) : undefined;
    const applied = findRow(this.#db, place, key);
    return applied && isThere(applied, nowMs) ? entryOf(applied, nowMs) : undefined;
  }

  /** The newest row of a key, whether or not there is an entry. */
  row(place: string, key: Uint8Array): ChangedRow | undefined {
    return this.#overlay.find(place, key) ?? findRow(this.#db, place, key);
  }

  /** Of one moment when it is asked in a snapshot. First the keys, because a value may be a million times larger. */
  page(place: string, query: ListQuery, nowMs: number): Page {
    const range = orderRangeOf(query);
    const { descending } = range;
    const portion = query.suffix ? listScanMax + 1 : query.limit + 1;
    const seen = { overlaid: false };
    const candidates = this.#candidates(place, range, { nowMs, portion, seen });
    const { rows: taken, ...cursor } = takePage(candidates, query);
    const [first, last] = [taken[0], taken.at(-1)];
    // Nothing else lies between the keys of such a page: one question brings all of it.
    if (first && last && !seen.overlaid && !query.suffix) {
      const ends = descending ? ([last.key, first.key] as const) : ([first.key, last.key] as const);
      const rows = rowsBetween(this.#db, place, ends, { nowMs, descending });
      return { items: rows.map((row) => entryOf(row, nowMs)), ...cursor };
    }
    const rows = taken.map(({ key, row }) => row ?? findRow(this.#db, place, key));
    return { items: rows.flatMap((row) => (row ? [ownEntryOf(row, nowMs)] : [])), ...cursor };
  }

  /** The tables of a database that have entries, sorted. */
  tables(start: string, nowMs: number): string[] {
    const places = new Set(placesFrom(this.#db, start));
    for (const place of this.#overlay.places()) if (place.startsWith(start)) places.add(place);
    const withEntries = [...places].filter((place) => this.hasEntries(place, nowMs));
    return withEntries.map((place) => place.slice(start.length)).toSorted();
  }

  hasEntries(place: string, nowMs: number): boolean {
    // Nearly always the first one that is looked at, and then nothing has to be sorted.
    for (const row of this.#overlay.rowsOf(place)) if (isThere(row, nowMs)) return true;
    const seen = { overlaid: false };
    return !this.#candidates(place, everything, { nowMs, portion: 1, seen }).next().done;
  }

  /** Some of the entries whose time is over. */
  expired(nowMs: number): { readonly place: string; readonly key: Uint8Array }[] {
    const isOver = ({ expiresMs }: { readonly expiresMs: number | null }) =>
      expiresMs !== null && expiresMs <= nowMs;
    const expired = this.#overlay.expiring().filter(isOver).slice(0, sweepRowsMax);
    // Copied: the overlay may have other rows there when they are deleted.
    const keys = expired.map(({ place, key }) => ({ place, key: copyBytes(key) }));
    for (const each of this.#expiringInTree()) {
      if (keys.length >= sweepRowsMax || !isOver(each)) break;
      keys.push(each);
    }
    return keys;
  }

  /** When the next entry expires; `Infinity` when none will. */
  nextExpiry(): number {
    let next = this.#expiringInTree().next().value?.expiresMs ?? Infinity;
    for (const { expiresMs } of this.#overlay.expiring()) {
      next = Math.min(next, expiresMs ?? Infinity);
    }
    return next;
  }

  /** What the tree has, in the order of their ends, as long as nothing newer lies over it. */
  *#expiringInTree() {
    for (const each of expiringKeys(this.#db, sweepRowsMax)) {
      if (!this.#overlay.has(each.place, each.key)) yield each;
    }
    return undefined;
  }

  /** The keys that are there. `seen` tells whether anything of the overlay was among them, or hid one. */
  *#candidates(place: string, range: OrderRange, options: CandidateOptions): Generator<Candidate> {
    const { nowMs, seen } = options;
    const overlay = candidatesOf(this.#overlay.range(place, range));
    const tree = keysOf(this.#db, place, range, options);
    for (const each of newest<Candidate>(overlay, tree, range.descending)) {
      if (each.row) seen.overlaid = true;
      if (!each.row || isThere(each.row, nowMs)) yield each;
    }
  }
}

function orderRangeOf(query: Parameters<typeof rangeOf>[0]): OrderRange {
  const [from, to] = rangeOf(query);
  return { from, to, descending: query.order === "descending" };
}

interface CandidateOptions {
  readonly nowMs: number;
  /** Keys of the tree that are asked for at once. */
  readonly portion: number;
  readonly seen: { overlaid: boolean };
}

function* candidatesOf(rows: Iterator<OrderedRow, undefined>): Generator<Candidate, undefined> {
  for (let next = rows.next().value; next; next = rows.next().value) {
    const { order, row } = next;
    yield { order, row, key: row.key, bytes: rowBytes(row) };
  }
  return undefined;
}

/** Not deleted, and not expired. */
export function isThere({ value, expiresMs }: ChangedRow, nowMs: number): boolean {
  return value !== null && (expiresMs === null || expiresMs > nowMs);
}

/** Copied: a row of the overlay is not its reader's. */
function ownEntryOf(row: ChangedRow, nowMs: number): Entry {
  const { key, value } = row;
  const own = { key: copyBytes(key), value: value && copyBytes(value) };
  return entryOf({ ...row, ...own }, nowMs);
}

function entryOf({ key, value, revision, expiresMs }: ChangedRow, nowMs: number): Entry {
  const entry = { key, value: value ?? new Uint8Array(), revision };
  return expiresMs === null ? entry : { ...entry, ttlMs: remainingMs(expiresMs, nowMs) };
}
