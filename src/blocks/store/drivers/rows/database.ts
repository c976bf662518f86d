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
import {
  type ListQuery,
  parseDatabase,
  parseKey,
  parseList,
  parseOperations,
  parseWatch,
  type Write,
} from "../../contract.ts";
import type { Place } from "./keys.ts";
import { type Journal, watchJournal } from "./watch.ts";

/**
 * What a driver does. All that it is given is checked and its own; what it gives out is its caller's own. `signal` has
 * not fired yet; where nothing is waited for it has nothing to end.
 */
export interface Rows {
  /** What its acknowledgement means just now. */
  readonly survives: Survives;
  get(place: Place, key: Uint8Array, signal?: AbortSignal): Promise<Entry | undefined>;
  list(place: Place, query: ListQuery, signal?: AbortSignal): Promise<Page>;
  /** All or nothing. */
  write(place: Place, writes: readonly Write[], signal?: AbortSignal): Promise<Written>;
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
    database: (name) => createDatabase(rows, name),
  };
}

function createDatabase(rows: Rows, database: string): Database {
  return {
    table: (name) => new RowsTable(rows, { database, table: name }),
    async tables({ signal } = {}) {
      signal?.throwIfAborted();
      return rows.tables(parseDatabase(database), signal);
    },
  };
}

class RowsTable implements Table {
  readonly #rows: Rows;
  readonly #place: Place;

  constructor(rows: Rows, place: Place) {
    this.#rows = rows;
    this.#place = place;
  }

  async get(key: Bytes, { signal }: WaitOptions = {}): Promise<Entry | undefined> {
    signal?.throwIfAborted();
    const place = this.#checkedPlace();
    return this.#rows.get(place, parseKey(place.table, key), signal);
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
    return this.#rows.write(place, parseOperations(place.table, operations), signal);
  }

  #checkedPlace(): Place {
    parseDatabase(this.#place.database);
    return this.#place;
  }
}
