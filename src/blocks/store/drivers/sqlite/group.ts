/**
 * Many writes, one commit: what each of them comes to when they are done one after the other. Nothing else is written
 * meanwhile, so this is decided on what is committed, and one that loses a race leaves the others alone.
 */
import { nameOf, orderOf, placeNamed } from "../rows/keys.ts";
import { allowedChanges, isPut, tooManyTables } from "../rows/allowed-changes.ts";
import type { Written } from "../rows/database.ts";
import { expiryOf } from "../rows/lifetime.ts";
import type { Write } from "../../contract.ts";
import type { ChangedRow } from "./packed-rows.ts";
import { isThere, type View } from "./view.ts";

/** One write that is asked for. */
export interface Asked {
  /** By `nameOf`. */
  readonly place: string;
  readonly writes: readonly Write[];
  /** The writes delete what is there and has expired, and nothing else. @default false */
  readonly expired?: boolean | undefined;
}

export type Outcome = Written | { readonly refused: unknown };

/** What it is decided on. */
export interface GroupOptions {
  readonly view: View;
  readonly tablesMax: number;
  /** Of the last write that is committed. */
  readonly revision: number;
  /** The time of the commit. */
  readonly nowMs: number;
}

export class Group {
  readonly outcomes: readonly Outcome[];
  /** What it changes, in order. */
  readonly rows: ChangedRow[] = [];
  readonly #options: GroupOptions;
  #revision: number;
  /** Tables that are known to be there. */
  readonly #places = new Set<string>();
  /** The newest of the first `#known` rows by key; nearly no group asks for one. */
  readonly #newest = new Map<string, ChangedRow>();
  #known = 0;

  constructor(asked: readonly Asked[], options: GroupOptions) {
    this.#options = options;
    this.#revision = options.revision;
    this.outcomes = asked.map((each) => this.#decide(each));
  }

  #decide({ place, writes, expired = false }: Asked): Outcome {
    try {
      const changes = expired
        ? writes.filter(({ key }) => this.#hasExpired(place, key))
        : allowedChanges(writes, (key) => this.#revisionOf(place, key));
      if (changes.some(isPut)) this.#refuseAnotherTable(place);
      if (changes.length === 0) return { revision: this.#revision, changed: false };
      this.#revision += 1;
      for (const change of changes) this.#change(place, change);
      return { revision: this.#revision, changed: true };
    } catch (refused) {
      return { refused };
    }
  }

  #change(place: string, { key, value, ttlMs }: Write): void {
    const expiresMs = ttlMs === undefined ? null : expiryOf(ttlMs, this.#options.nowMs);
    this.rows.push(new WaitingRow(place, key, value ?? null, this.#revision, expiresMs));
  }

  /** Of the entry that is there and has not expired. */
  #revisionOf(place: string, key: Uint8Array): number | undefined {
    const row = this.#find(place, key);
    return row && isThere(row, this.#options.nowMs) ? row.revision : undefined;
  }

  #hasExpired(place: string, key: Uint8Array): boolean {
    const row = this.#find(place, key);
    return row?.value != null && !isThere(row, this.#options.nowMs);
  }

  #find(place: string, key: Uint8Array): ChangedRow | undefined {
    for (; this.#known < this.rows.length; this.#known++) {
      // Below the length.
      const row = this.rows[this.#known]!;
      this.#newest.set(keyName(row.place, row.key), row);
    }
    return this.#newest.get(keyName(place, key)) ?? this.#options.view.row(place, key);
  }

  #refuseAnotherTable(place: string): void {
    if (this.#places.has(place)) return;
    const { view, tablesMax, nowMs } = this.#options;
    if (!view.hasEntries(place, nowMs)) {
      const { database, table } = placeNamed(place);
      const tables = new Set(view.tables(nameOf({ database, table: "" }), nowMs));
      for (const each of this.#places) {
        const begun = placeNamed(each);
        if (begun.database === database) tables.add(begun.table);
      }
      if (tables.size >= tablesMax) throw tooManyTables({ database, table }, tablesMax);
    }
    this.#places.add(place);
  }
}

/** Until it is on disk. A class for the reason that `WaitingWrite` has. */
class WaitingRow implements ChangedRow {
  readonly place: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  readonly revision: number;
  readonly expiresMs: number | null;

  constructor(
    place: string,
    key: Uint8Array,
    value: Uint8Array | null,
    revision: number,
    expiresMs: number | null,
  ) {
    this.place = place;
    this.key = key;
    this.value = value;
    this.revision = revision;
    this.expiresMs = expiresMs;
  }
}

/** One text for a key in its place; no place has a line break. */
function keyName(place: string, key: Uint8Array): string {
  return `${place}\n${orderOf(key)}`;
}
