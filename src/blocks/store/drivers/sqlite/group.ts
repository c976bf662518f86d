/**
 * Many writes, one commit: what each of them comes to when they are done one after the other. Nothing else is written
 * between what it is decided on and this, and one that loses a race leaves the others alone.
 */
import { keyName, nameOf, placeNamed } from "../rows/keys.ts";
import { allowedChanges, isPut, tooManyTables } from "../rows/allowed-changes.ts";
import type { Written } from "../rows/create-store.ts";
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

/** What it is decided on: what is committed, and over that what is on its way to the disk. */
export interface GroupOptions {
  readonly view: View;
  /** The newest first. */
  readonly underway: readonly Group[];
  readonly tablesMax: number;
  /** Of the last write before. */
  readonly revision: number;
  /** The time of the commit. */
  readonly nowMs: number;
}

/** What has been decided. */
export class Group {
  readonly outcomes: Outcome[] = [];
  /** What it changes, in order. */
  readonly rows: ChangedRow[] = [];
  /** Tables that have entries by then. */
  readonly places = new Set<string>();
  /** Of its last write, or of the last one before. */
  revision: number;
  /** The newest of the first `#known` rows by key; nearly nobody asks for one. */
  readonly #newest = new Map<string, ChangedRow>();
  #known = 0;

  constructor(revision: number) {
    this.revision = revision;
  }

  /** The newest row of a key that it changes. */
  find(place: string, key: Uint8Array): ChangedRow | undefined {
    for (; this.#known < this.rows.length; this.#known++) {
      // Below the length.
      const row = this.rows[this.#known]!;
      this.#newest.set(keyName(row.place, row.key), row);
    }
    return this.#newest.get(keyName(place, key));
  }
}

export function decideGroup(asked: readonly Asked[], options: GroupOptions): Group {
  const decision = new Decision(options);
  for (const each of asked) decision.add(each);
  return decision.group;
}

/** A group in the making: it knows those before it, which a group must not, or it would keep all of them. */
class Decision {
  readonly group: Group;
  readonly #options: GroupOptions;

  constructor(options: GroupOptions) {
    this.group = new Group(options.revision);
    this.#options = options;
  }

  add(asked: Asked): void {
    this.group.outcomes.push(this.#decide(asked));
  }

  #decide({ place, writes, expired = false }: Asked): Outcome {
    const { group } = this;
    try {
      const changes = expired
        ? writes.filter(({ key }) => this.#hasExpired(place, key))
        : allowedChanges(writes, (key) => this.#revisionOf(place, key));
      if (changes.some(isPut)) this.#refuseAnotherTable(place);
      if (changes.length === 0) return { revision: group.revision, changed: false };
      group.revision += 1;
      for (const change of changes) this.#change(place, change);
      return { revision: group.revision, changed: true };
    } catch (refused) {
      return { refused };
    }
  }

  #change(place: string, { key, value, ttlMs }: Write): void {
    const expiresMs = ttlMs === undefined ? null : expiryOf(ttlMs, this.#options.nowMs);
    const { rows, revision } = this.group;
    rows.push(new WaitingRow(place, key, value ?? null, revision, expiresMs));
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
    const { view, underway } = this.#options;
    let row = this.group.find(place, key);
    for (let n = 0; row === undefined && n < underway.length; n++) {
      row = underway[n]?.find(place, key);
    }
    return row ?? view.row(place, key);
  }

  #refuseAnotherTable(place: string): void {
    const { view, underway, tablesMax, nowMs } = this.#options;
    const { places } = this.group;
    if (places.has(place)) return;
    if (!underway.some((group) => group.places.has(place)) && !view.hasEntries(place, nowMs)) {
      const { database, table } = placeNamed(place);
      const tables = new Set(view.tables(nameOf({ database, table: "" }), nowMs));
      for (const each of [places, ...underway.map((group) => group.places)].flatMap((of) => [
        ...of,
      ])) {
        const begun = placeNamed(each);
        if (begun.database === database) tables.add(begun.table);
      }
      if (tables.size >= tablesMax) throw tooManyTables({ database, table }, tablesMax);
    }
    places.add(place);
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
