/** The store as readers see it: the overlay over the tree, without what has expired. */
import type { Reader } from "../../../../backends/sqlite/statements.ts";
import { copyBytes } from "../../../../core/text-bytes.ts";
import type { ListQuery } from "../../contract.ts";
import type { Entry, Page } from "../../index.ts";
import { remainingMs, sweepRowsMax } from "../rows/lifetime.ts";
import { type PageRow, takePage } from "../rows/page.ts";
import { rangeOf } from "../rows/ranges.ts";
import type { KeyRange } from "./generation.ts";
import { newest, type Overlay } from "./overlay.ts";
import { type ChangedRow, rowBytes } from "./packed-rows.ts";
import { expiringKeys, findRow, keysOf, placesFrom, rowsOf } from "./tree.ts";

/** A key of a page. */
interface Candidate extends PageRow {
  /** Of the tree, where it was read. */
  readonly row?: ChangedRow;
  /** Of the overlay: it may not be given out. */
  readonly overlaid?: ChangedRow;
}

/** All keys. */
const everything = keyRangeOf({});

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

  /** Of one moment when it is asked in a snapshot. */
  page(place: string, query: ListQuery, nowMs: number): Page {
    const candidates = this.#candidates(place, keyRangeOf(query), nowMs, query.suffix);
    const { rows: taken, ...cursor } = takePage(candidates, query);
    const items: Entry[] = [];
    for (const { key, overlaid, row = overlaid ?? findRow(this.#db, place, key) } of taken) {
      if (row) items.push(overlaid ? ownEntryOf(row, nowMs) : entryOf(row, nowMs));
    }
    return { items, ...cursor };
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
    for (const _ of this.#candidates(place, everything, nowMs)) return true;
    return false;
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

  /** The keys that are there. Where a suffix is wanted values are not read: most of them would be in vain. */
  *#candidates(
    place: string,
    range: KeyRange,
    nowMs: number,
    suffix?: Uint8Array,
  ): Generator<Candidate> {
    const overlay = inOverlay(this.#overlay.range(place, range));
    const tree = suffix
      ? keysOf(this.#db, place, range, nowMs)
      : inTree(rowsOf(this.#db, place, range, nowMs));
    for (const each of newest<Candidate>(overlay, tree, range.descending)) {
      if (!each.overlaid || isThere(each.overlaid, nowMs)) yield each;
    }
  }
}

function keyRangeOf(query: Parameters<typeof rangeOf>[0]): KeyRange {
  const [from, to] = rangeOf(query);
  return { from, to, descending: query.order === "descending" };
}

function* inOverlay(rows: Iterable<ChangedRow>): Generator<Candidate, undefined> {
  for (const row of rows) yield { key: row.key, bytes: rowBytes(row), overlaid: row };
  return undefined;
}

function* inTree(rows: Iterable<ChangedRow>): Generator<Candidate, undefined> {
  for (const row of rows) yield { key: row.key, bytes: rowBytes(row), row };
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
