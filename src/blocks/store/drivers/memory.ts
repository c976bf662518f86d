/**
 * The store in the memory of one process: the reference, written for reading.
 *
 * Every method does its work before it first waits, so a page and a write are one moment. Before it looks it drops what
 * has expired, so nobody ever sees that; a timer does the same for those who watch.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Alarm } from "../../../core/alarm.ts";
import { Bell } from "../../../core/bell.ts";
import { type Clock, systemClock } from "../../../core/clock.ts";
import type { ListQuery, Write } from "../contract.ts";
import type { Change, Entry, Page, Store, StoreLimits } from "../index.ts";
import { allowedChanges, isPut, tooManyTables } from "./rows/allowed-changes.ts";
import { createStore, type Rows, type Written } from "./rows/create-store.ts";
import { nameOf, orderOf, type Place, sizeOf } from "./rows/keys.ts";
import { History } from "./memory/history.ts";
import { byExpiry, byOrder, type Row, rowsOf, type RowTable } from "./memory/row-table.ts";
import { SortedArray } from "./memory/sorted-array.ts";
import { isKept } from "./rows/kept-history.ts";
import { expiryOf, remainingMs } from "./rows/lifetime.ts";
import { limitsOf } from "./rows/limits.ts";
import { takePage } from "./rows/page.ts";
import type { Journal } from "./rows/watch.ts";

/** Its limits, and what its time is measured by. */
export interface MemoryStoreOptions extends StoreLimits {
  /** @default systemClock */
  readonly clock?: Clock;
}

/** A store that ends with this process, and takes its memory. */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  return createStore(new MemoryRows(options));
}

class MemoryRows implements Rows {
  readonly survives = "nothing";
  readonly #clock: Clock;
  readonly #tablesMax: number;
  readonly #epoch = randomUUID();
  #revision = 0;
  readonly #tables = new Map<string, RowTable>();
  /** Those that will expire, the next one first. */
  readonly #expiring = new SortedArray<Row, Row>(byExpiry);
  readonly #sweeping: Alarm;
  readonly #history: History;
  readonly #bell = new Bell();

  constructor(options: MemoryStoreOptions) {
    const { clock = systemClock } = options;
    const { tablesMax, historyMax, historyBytesMax } = limitsOf(options);
    this.#clock = clock;
    this.#tablesMax = tablesMax;
    this.#history = new History(historyMax, historyBytesMax);
    const nowMs = () => clock.monotonicMs();
    this.#sweeping = new Alarm({ clock, nowMs, chore: async () => this.#dropExpired() });
  }

  async get(place: Place, key: Uint8Array): Promise<Entry | undefined> {
    this.#dropExpired();
    const row = this.#tables.get(place.name)?.find({ order: orderOf(key) });
    return row && this.#entryOf(row);
  }

  async list(place: Place, query: ListQuery): Promise<Page> {
    this.#dropExpired();
    const { rows, ...cursor } = takePage(rowsOf(this.#tables.get(place.name), query), query);
    return { items: rows.map((row) => this.#entryOf(row)), ...cursor };
  }

  async write(place: Place, writes: readonly Write[]): Promise<Written> {
    this.#dropExpired();
    const { name } = place;
    const table = this.#tables.get(name) ?? new SortedArray(byOrder);
    const revisionOf = (key: Uint8Array) => table.find({ order: orderOf(key) })?.revision;
    const changes = allowedChanges(writes, revisionOf);
    if (table.length === 0 && changes.some(isPut)) this.#refuseAnotherTable(place);
    const changed = changes.length > 0;
    if (changed) this.#change(name, table, changes);
    return { revision: this.#revision, changed };
  }

  async tables(database: string): Promise<readonly string[]> {
    this.#dropExpired();
    return this.#tablesOf(database).toSorted();
  }

  journal(place: Place, prefix: Uint8Array | undefined): Omit<Journal, "page"> {
    const { name } = place;
    return {
      moment: async () => {
        this.#dropExpired();
        return { epoch: this.#epoch, revision: this.#revision };
      },
      since: async (after) => {
        const revision = this.#revision;
        const kept = { epoch: this.#epoch, revision, forgotten: this.#history.forgotten };
        if (!isKept(kept, after)) return undefined;
        return { writes: this.#history.since(name, prefix, after.revision), through: revision };
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
      const expiresMs = expiryOf(ttlMs ?? Infinity, this.#clock.monotonicMs());
      const bytes = sizeOf({ key, value });
      const row = { table: name, order, key, value, bytes, revision, expiresMs };
      table.put(row);
      if (ttlMs !== undefined) this.#expiring.put(row);
    }
    if (table.length > 0) this.#tables.set(name, table);
    else this.#tables.delete(name);
    this.#sweeping.set(this.#nextExpiry());
    const changes = writes.map(({ key, value }): Change => (value ? { key, value } : { key }));
    this.#history.add(name, { revision, changes });
    this.#bell.ring(name, revision);
  }

  /** Says when there is something to drop again. */
  #dropExpired(): number {
    const now = this.#clock.monotonicMs();
    for (let row = this.#expiring.at(0); row && row.expiresMs <= now; row = this.#expiring.at(0)) {
      const table = this.#tables.get(row.table);
      assert(table, "a row that is to expire is in its table");
      this.#change(row.table, table, [{ key: row.key }]);
    }
    return this.#nextExpiry();
  }

  /** `Infinity` when no entry will. */
  #nextExpiry(): number {
    return this.#expiring.at(0)?.expiresMs ?? Infinity;
  }

  #tablesOf(database: string): string[] {
    const start = nameOf({ database, table: "" });
    const names = [...this.#tables.keys()].filter((name) => name.startsWith(start));
    return names.map((name) => name.slice(start.length));
  }

  #refuseAnotherTable(place: Place): void {
    if (this.#tablesOf(place.database).length < this.#tablesMax) return;
    throw tooManyTables(place, this.#tablesMax);
  }

  #entryOf({ key, value, revision, expiresMs }: Row): Entry {
    const entry = { key: key.slice(), value: value.slice(), revision };
    if (expiresMs === Infinity) return entry;
    return { ...entry, ttlMs: remainingMs(expiresMs, this.#clock.monotonicMs()) };
  }
}
