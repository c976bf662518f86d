/**
 * The database of a namespace that has a quota of keys or bytes: each write is counted before it is done. Whoever has
 * no such quota is not led through here, so it costs him nothing.
 *
 * What is there is counted once, when the first write comes after a start: so a crash loses nothing, and nothing is
 * written for the count. Then it follows from the writes, each of which looks at the entry that it replaces; of two
 * writes of one key the second waits. What expires only makes it too high: before a write is refused for that, all is
 * counted anew.
 */
import type { QuotaName, Quotas } from "../../blocks/namespaces/index.ts";
import type {
  Bytes,
  Condition,
  Database,
  Lifetime,
  Operation,
  Table,
  WaitOptions,
} from "../../blocks/store/index.ts";
import { ReefError } from "../../core/errors.ts";
import { quotaReached } from "../../rpc/quota-reached.ts";
import { KeyLocks } from "./key-locks.ts";
import { countDatabase, type Usage, usageOf } from "./usage.ts";

export interface CountedDatabaseOptions {
  readonly namespace: string;
  readonly database: Database;
  /** As they are now. */
  readonly quotas: () => Quotas;
  /** Milliseconds of a clock that only goes forward. */
  readonly nowMs: () => number;
}

/** Whoever is at his limit and goes on writing must not have all of it read for each of his writes. */
const recountEveryMs = 1_000;

export class CountedDatabase implements Database {
  readonly #options: CountedDatabaseOptions;
  readonly #locks = new KeyLocks();
  #usage: Promise<Usage> | undefined;
  #countedAtMs = -Infinity;
  /** Something may have gone without a write: it expired, or it is not known what a write has done. */
  #mayBeLess = false;
  /** Writes that are counted and not done yet. */
  #writing = 0;
  #whenIdle: (() => void) | undefined;

  constructor(options: CountedDatabaseOptions) {
    this.#options = options;
  }

  tables(options?: WaitOptions): Promise<readonly string[]> {
    return this.#options.database.tables(options);
  }

  table(name: string): Table {
    const table = this.#options.database.table(name);
    const batch = (operations: readonly Operation[], signal: AbortSignal | undefined) =>
      this.#write({ name, table, operations, signal }, () => table.batch(operations, { signal }));
    return {
      get: (key, options) => table.get(key, options),
      list: (options) => table.list(options),
      watch: (options) => table.watch(options),
      put: (key: Bytes, value: Bytes, options: Lifetime & Condition & WaitOptions = {}) => {
        const { signal, ...terms } = options;
        const operations: Operation[] = [{ kind: "put", key, value, ...terms }];
        return this.#write({ name, table, operations, signal }, () =>
          table.put(key, value, options),
        );
      },
      delete: (key: Bytes, options: Condition & WaitOptions = {}) => {
        const operations: Operation[] = [{ kind: "delete", key }];
        return this.#write({ name, table, operations, signal: options.signal }, () =>
          table.delete(key, options),
        );
      },
      batch: (operations, { signal } = {}) => batch(operations, signal),
    };
  }

  async #write<T>(
    { name, table, operations, signal }: CountedWrite,
    write: () => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const keys = operations.map(({ key }) => `${name}/${Buffer.from(key).toString("latin1")}`);
    const lock = await this.#locks.take(keys);
    try {
      const change = await changeOf(table, operations, signal);
      // What is more counts from here on; what makes room is there when it is done.
      const asked = atLeastNothing(change);
      const usage = await this.#reserve(name, change, asked);
      if (operations.some(hasLifetime)) this.#mayBeLess = true;
      try {
        const result = await write();
        add(usage, atMostNothing(change));
        return result;
      } catch (error) {
        // Nobody knows what a write has changed that may be done: too much is counted rather than too little.
        if (ReefError.from(error).maybeExecuted) this.#mayBeLess = true;
        else add(usage, negative(asked));
        throw error;
      } finally {
        this.#writing -= 1;
        if (this.#writing === 0) this.#whenIdle?.();
      }
    } finally {
      lock[Symbol.dispose]();
    }
  }

  /** @throws {ReefError} `resource_exhausted` when the change would be beyond a quota */
  async #reserve(table: string, change: Usage, asked: Usage): Promise<Usage> {
    const { nowMs, namespace, quotas } = this.#options;
    for (;;) {
      const counting = (this.#usage ??= this.#count());
      // oxlint-disable-next-line no-await-in-loop -- it may be counted anew meanwhile
      const usage = await counting;
      if (counting !== this.#usage) continue;
      const reached = this.#reachedBy(usage, change);
      if (!reached) {
        add(usage, asked);
        this.#writing += 1;
        return usage;
      }
      const isStale = this.#mayBeLess && nowMs() - this.#countedAtMs >= recountEveryMs;
      if (!isStale) {
        const limit = quotas()[reached] ?? 0;
        throw quotaReached(`write into table "${table}"`, { namespace, quota: reached, limit });
      }
      this.#usage = this.#count();
    }
  }

  /** Nothing is written meanwhile: whoever comes waits for it, and it waits for those that are under way. */
  async #count(): Promise<Usage> {
    try {
      if (this.#writing > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
      const { expires, ...usage } = await countDatabase(this.#options.database);
      this.#mayBeLess = expires;
      this.#countedAtMs = this.#options.nowMs();
      return usage;
    } catch (error) {
      // Whoever waits for it is told; the next one counts again.
      this.#usage = undefined;
      throw error;
    }
  }

  #reachedBy(usage: Usage, change: Usage): QuotaName | undefined {
    const quotas = this.#options.quotas();
    return (["keys", "bytes"] as const).find((name) => {
      const limit = quotas[name];
      // What makes it smaller is never refused, also where a quota was lowered.
      return limit !== undefined && change[name] > 0 && usage[name] + change[name] > limit;
    });
  }
}

interface CountedWrite {
  readonly name: string;
  readonly table: Table;
  readonly operations: readonly Operation[];
  readonly signal: AbortSignal | undefined;
}

/** What is more, or less, when these are done. */
async function changeOf(
  table: Table,
  operations: readonly Operation[],
  signal: AbortSignal | undefined,
): Promise<Usage> {
  const entries = await Promise.all(operations.map(({ key }) => table.get(key, { signal })));
  const change = { keys: 0, bytes: 0 };
  for (const [index, operation] of operations.entries()) {
    const before = entries[index];
    if (operation.kind === "put") add(change, usageOf(operation));
    if (before) add(change, negative(usageOf(before)));
  }
  return change;
}

function hasLifetime(operation: Operation): boolean {
  return operation.kind === "put" && operation.ttlMs !== undefined;
}

function add(usage: { keys: number; bytes: number }, { keys, bytes }: Usage): void {
  usage.keys += keys;
  usage.bytes += bytes;
}

function negative({ keys, bytes }: Usage): Usage {
  return { keys: -keys, bytes: -bytes };
}

function atLeastNothing({ keys, bytes }: Usage): Usage {
  return { keys: Math.max(0, keys), bytes: Math.max(0, bytes) };
}

function atMostNothing({ keys, bytes }: Usage): Usage {
  return { keys: Math.min(0, keys), bytes: Math.min(0, bytes) };
}
