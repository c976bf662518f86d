/**
 * The store in the memory of one process: the reference, written for reading.
 *
 * Every method does its work before it first waits, so a page and a write are one moment. Before it looks it drops what
 * has expired, so nobody ever sees that; a timer does the same for those who watch.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Clock, systemClock, type Timer } from "../../../core/clock.ts";
import { ReefError } from "../../../core/errors.ts";
import { type ListQuery, parseList, type Write } from "../contract.ts";
import * as defaults from "../index.ts";
import type { Change, Database, Entry, Page, Store, StoreLimits } from "../index.ts";
import { Bell } from "./rows/bell.ts";
import { refuseConflicts } from "./rows/conflict.ts";
import { createDatabase, type Rows, type Written } from "./rows/database.ts";
import { nameOf, orderOf, type Place, sizeOf } from "./rows/keys.ts";
import { History } from "./memory/history.ts";
import { byExpiry, byOrder, type Row, rowsOf, type RowTable } from "./memory/rows.ts";
import { SortedArray } from "./memory/sorted-array.ts";
import { takePage } from "./rows/page.ts";
import type { Journal } from "./rows/watch.ts";

/** Its limits, and what its time is measured by. */
export interface MemoryStoreOptions extends StoreLimits {
  /** @default systemClock */
  readonly clock?: Clock;
}

/** A store that ends with this process, and takes its memory. */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const rows = new MemoryRows(options);
  return {
    survives: async () => "nothing",
    database: (name): Database => createDatabase(rows, name),
  };
}

/** A day: timers of JavaScript know no time longer than 24 of them, and a day's waking costs nothing. */
const timerMsMax = 86_400_000;

class MemoryRows implements Rows {
  readonly #clock: Clock;
  readonly #tablesMax: number;
  readonly #epoch = randomUUID();
  #revision = 0;
  readonly #tables = new Map<string, RowTable>();
  /** Those that will expire, the next one first. */
  readonly #expiring = new SortedArray<Row, Row>(byExpiry);
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  readonly #history: History;
  readonly #bell = new Bell();

  constructor(options: MemoryStoreOptions) {
    const { clock = systemClock, tablesMax = defaults.tablesMax } = options;
    const { historyMax = defaults.historyMax, historyBytesMax = defaults.historyBytesMax } =
      options;
    this.#clock = clock;
    this.#tablesMax = tablesMax;
    this.#history = new History(historyMax, historyBytesMax);
  }

  async get(place: Place, key: Uint8Array): Promise<Entry | undefined> {
    this.#dropExpired();
    const row = this.#tables.get(nameOf(place))?.find({ order: orderOf(key) });
    return row && this.#entryOf(row);
  }

  async list(place: Place, query: ListQuery): Promise<Page> {
    this.#dropExpired();
    const { rows, ...cursor } = takePage(rowsOf(this.#tables.get(nameOf(place)), query), query);
    return { items: rows.map((row) => this.#entryOf(row)), ...cursor };
  }

  async write(place: Place, writes: readonly Write[]): Promise<Written> {
    this.#dropExpired();
    const name = nameOf(place);
    const table = this.#tables.get(name) ?? new SortedArray(byOrder);
    refuseConflicts(writes, (key) => table.find({ order: orderOf(key) })?.revision);
    if (table.length === 0 && writes.some(({ value }) => value !== undefined)) {
      this.#refuseAnotherTable(place);
    }
    const changes = writes.filter(({ key, value }) => value ?? table.find({ order: orderOf(key) }));
    const changed = changes.length > 0;
    if (changed) this.#change(name, table, changes);
    return { revision: this.#revision, changed };
  }

  async tables(database: string): Promise<readonly string[]> {
    this.#dropExpired();
    return this.#tablesOf(database).toSorted();
  }

  journal(place: Place, prefix: Uint8Array | undefined): Journal {
    const name = nameOf(place);
    return {
      moment: async () => {
        this.#dropExpired();
        return { epoch: this.#epoch, revision: this.#revision };
      },
      page: (cursor) =>
        this.list(place, parseList(place.table, { prefix, cursor, limit: defaults.listLimitMax })),
      since: async ({ epoch, revision }) => {
        if (epoch !== this.#epoch || revision > this.#revision) return undefined;
        const revisions = this.#history.since(name, prefix, revision);
        return revisions && { revisions, through: this.#revision };
      },
      listen: () => this.#bell.listen(name),
    };
  }

  /** One write that is allowed. */
  #change(name: string, table: RowTable, writes: readonly Write[]): void {
    const revision = ++this.#revision;
    for (const { key, value, ttlMs } of writes) {
      const order = orderOf(key);
      const before = table.find({ order });
      if (before) this.#expiring.delete(before);
      if (value === undefined) {
        table.delete({ order });
        continue;
      }
      const expiresAtMs = this.#clock.monotonicMs() + (ttlMs ?? Infinity);
      const bytes = sizeOf({ key, value });
      const row = { table: name, order, key, value, bytes, revision, expiresAtMs };
      table.put(row);
      if (ttlMs !== undefined) this.#expiring.put(row);
    }
    if (table.length > 0) this.#tables.set(name, table);
    else this.#tables.delete(name);
    this.#setTimer();
    const changes = writes.map(({ key, value }): Change => (value ? { key, value } : { key }));
    this.#history.add(name, { revision, changes });
    this.#bell.ring(name, revision);
  }

  #dropExpired(): void {
    const now = this.#clock.monotonicMs();
    for (
      let row = this.#expiring.at(0);
      row && row.expiresAtMs <= now;
      row = this.#expiring.at(0)
    ) {
      const table = this.#tables.get(row.table);
      assert(table, "a row that is to expire is in its table");
      this.#change(row.table, table, [{ key: row.key }]);
    }
  }

  /** Wakes when the next row expires; one that was put off or deleted meanwhile costs a waking. */
  #setTimer(): void {
    const next = this.#expiring.at(0);
    if (next === undefined || next.expiresAtMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    const delayMs = Math.min(next.expiresAtMs - this.#clock.monotonicMs(), timerMsMax);
    this.#timerAtMs = next.expiresAtMs;
    this.#timer = this.#clock.after(delayMs, () => this.#wake(), { background: true });
  }

  #wake(): void {
    this.#timerAtMs = Infinity;
    this.#dropExpired();
    this.#setTimer();
  }

  #tablesOf(database: string): string[] {
    const start = nameOf({ database, table: "" });
    const names = [...this.#tables.keys()].filter((name) => name.startsWith(start));
    return names.map((name) => name.slice(start.length));
  }

  #refuseAnotherTable({ database, table }: Place): void {
    if (this.#tablesOf(database).length < this.#tablesMax) return;
    const text = `Cannot begin table "${table}": the limit is ${this.#tablesMax}; use one that is there`;
    throw new ReefError("resource_exhausted", text, { maybeExecuted: false });
  }

  #entryOf({ key, value, revision, expiresAtMs }: Row): Entry {
    const entry = { key: key.slice(), value: value.slice(), revision };
    if (expiresAtMs === Infinity) return entry;
    return { ...entry, ttlMs: Math.max(1, Math.ceil(expiresAtMs - this.#clock.monotonicMs())) };
  }
}
