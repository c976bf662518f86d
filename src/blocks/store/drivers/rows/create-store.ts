/** A store, its databases and its tables over any rows: what all drivers that keep rows themselves have in common. */
import type {
  Bytes,
  Condition,
  Database,
  Entry,
  Lifetime,
  ListOptions,
  Operation,
  Page,
  Store,
  Survives,
  Table,
  WaitOptions,
  WatchEvent,
  WatchOptions,
} from "../../index.ts";
import { listLimitMax } from "../../index.ts";
import type { Waiting } from "../../../../core/waiting.ts";
import {
  type Checked,
  checked,
  type ListQuery,
  parseDatabase,
  parseKey,
  parseList,
  parseOperations,
  parseWatch,
  type Write,
} from "../../contract.ts";
import { type Place, placeOf } from "./keys.ts";
import { type Journal, watchJournal } from "./watch.ts";

/**
 * What a driver brings; the rest of a store is here. All that it is given is checked and its own; what it gives out is
 * its caller's own. `signal` has not fired yet; where nothing is waited for it has nothing to end.
 */
export interface Rows {
  /** What its acknowledgement means just now. */
  readonly survives: Survives;
  get(place: Place, key: Uint8Array, waiting?: Waiting): Promise<Entry | undefined>;
  list(place: Place, query: ListQuery, signal?: AbortSignal): Promise<Page>;
  /** All or nothing. */
  write(place: Place, writes: readonly Write[], waiting?: Waiting): Promise<Written>;
  tables(database: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** What a watch needs besides the pages, which are those of `list`. */
  journal(place: Place, prefix: Uint8Array | undefined): Omit<Journal, "page">;
}

/** What has come of a write; when it has changed nothing, with the present revision. */
export interface Written {
  readonly revision: number;
  readonly changed: boolean;
}

export function createStore(rows: Rows): Store {
  return {
    async survives({ signal } = {}) {
      signal?.throwIfAborted();
      return rows.survives;
    },
    database: remembered((name) => createDatabase(rows, name)),
  };
}

function createDatabase(rows: Rows, database: string): Database {
  return {
    table: remembered((name) => new RowsTable(rows, placeOf(database, name))),
    async tables({ signal } = {}) {
      signal?.throwIfAborted();
      return rows.tables(parseDatabase(database), signal);
    },
  };
}

/** As many databases, and tables of each; then they are made anew. Names are their callers' choice. */
const rememberedMax = 250;

/** Each call asks for its table by name, and making one would cost as much as reading from it. */
function remembered<T>(make: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const one = known.get(name);
    if (one !== undefined) return one;
    if (known.size === rememberedMax) known.clear();
    const made = make(name);
    known.set(name, made);
    return made;
  };
}

class RowsTable implements Table {
  readonly #rows: Rows;
  readonly #place: Place;
  #checked: Checked | undefined;

  constructor(rows: Rows, place: Place) {
    this.#rows = rows;
    this.#place = place;
  }

  /** Made for whoever asks first. */
  get [checked](): Checked {
    return (this.#checked ??= this.#checkedWay());
  }

  async get(key: Bytes, { signal }: WaitOptions = {}): Promise<Entry | undefined> {
    signal?.throwIfAborted();
    const place = this.#checkedPlace();
    return this.#rows.get(place, parseKey(place.table, key), { signal });
  }

  async put(
    key: Bytes,
    value: Bytes,
    { ttlMs, expectedRevision, signal }: Lifetime & Condition & WaitOptions = {},
  ): Promise<number> {
    const put = { kind: "put", key, value, ttlMs, expectedRevision } as const;
    return (await this.#write([put], signal)).revision;
  }

  async delete(
    key: Bytes,
    { expectedRevision, signal }: Condition & WaitOptions = {},
  ): Promise<boolean> {
    const deletion = { kind: "delete", key, expectedRevision } as const;
    return (await this.#write([deletion], signal)).changed;
  }

  async batch(operations: readonly Operation[], { signal }: WaitOptions = {}): Promise<number> {
    const { revision } = await this.#write(operations, signal);
    return revision;
  }

  async list(options: ListOptions = {}): Promise<Page> {
    options.signal?.throwIfAborted();
    const place = this.#checkedPlace();
    return this.#rows.list(place, parseList(place.table, options), options.signal);
  }

  watch(options: WatchOptions = {}): AsyncIterable<WatchEvent> {
    const open = () => {
      const place = this.#checkedPlace();
      const { prefix, after } = parseWatch(place.table, options);
      return { journal: this.#journal(place, prefix), after };
    };
    return { [Symbol.asyncIterator]: () => watchJournal(open, options.signal) };
  }

  #checkedWay(): Checked {
    const rows = this.#rows;
    const place = this.#checkedPlace();
    return {
      get: (key, waiting) => rows.get(place, key, waiting),
      write: (write, waiting) => rows.write(place, [write], waiting),
    };
  }

  #journal(place: Place, prefix: Uint8Array | undefined): Journal {
    return {
      ...this.#rows.journal(place, prefix),
      page: (cursor, signal) => {
        const query = parseList(place.table, { prefix, cursor, limit: listLimitMax });
        return this.#rows.list(place, query, signal);
      },
    };
  }

  #write(operations: readonly Operation[], signal: AbortSignal | undefined): Promise<Written> {
    signal?.throwIfAborted();
    const place = this.#checkedPlace();
    return this.#rows.write(place, parseOperations(place.table, operations), { signal });
  }

  #checkedPlace(): Place {
    parseDatabase(this.#place.database);
    return this.#place;
  }
}
