/**
 * What auth keeps, in one table of the platform's own database: a record is JSON under a path,
 * `accounts/default/user:ann`. The names in a path hold no `/`: they were checked.
 */
import type { Entry, Operation, Table } from "../../../store/index.ts";

export interface Kept<T> {
  readonly value: T;
  readonly revision: number;
}

export interface PageOfRecords {
  readonly prefix: string;
  readonly limit: number;
  readonly order?: "ascending" | "descending";
  readonly cursor?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Entries that are read at once while all of a kind are walked over. */
const portion = 500;

export class Records {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<Kept<T> | undefined> {
    const entry = await this.#table.get(path, { signal });
    return entry && { value: read<T>(entry), revision: entry.revision };
  }

  /** All below a path, in order. */
  async all<T>(prefix: string, signal?: AbortSignal): Promise<T[]> {
    const all: T[] = [];
    let cursor: string | undefined;
    do {
      // One page after the other: each says where the next begins.
      // oxlint-disable-next-line no-await-in-loop
      const page = await this.#table.list({ prefix, limit: portion, cursor, signal });
      all.push(...page.items.map((entry) => read<T>(entry)));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return all;
  }

  async page<T>(options: PageOfRecords): Promise<{ items: T[]; cursor?: string }> {
    const { items, ...rest } = await this.entries<T>(options);
    return { ...rest, items: items.map(({ value }) => value) };
  }

  /** With the path of each. */
  async entries<T>(
    options: PageOfRecords,
  ): Promise<{ items: { path: string; value: T }[]; cursor?: string }> {
    const { items, cursor } = await this.#table.list(options);
    const entries = items.map((entry) => ({
      path: Buffer.from(entry.key).toString(),
      value: read<T>(entry),
    }));
    return { items: entries, ...(cursor !== undefined && { cursor }) };
  }

  /** All or nothing. @throws {ReefError} `aborted` when a revision is another one */
  async write(operations: readonly Operation[], signal?: AbortSignal): Promise<void> {
    await this.#table.batch(operations, { signal });
  }

  watch(signal: AbortSignal) {
    return this.#table.watch({ signal });
  }
}

/** A record to be written; `expectedRevision` 0: it is new. */
export function put(
  path: string,
  value: unknown,
  options: { readonly expectedRevision?: number; readonly ttlMs?: number } = {},
): Operation {
  return { kind: "put", key: path, value: JSON.stringify(value), ...options };
}

export function drop(
  path: string,
  options: { readonly expectedRevision?: number } = {},
): Operation {
  return { kind: "delete", key: path, ...options };
}

/** Nobody else writes into this table, so what is read is what was put. */
function read<T>({ value }: Pick<Entry, "value">): T {
  return JSON.parse(Buffer.from(value).toString()) as T;
}
