/** A store on the other side of a wire: each method is a call, a database the namespace of its client. */
import type { Client } from "../../rpc/client.ts";
import { untilAborted, withReason } from "../../rpc/remote-calls.ts";
import { bytesOf, maybeBytes, operationOf, type StoreContract } from "./contract.ts";
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
  Table,
  WaitOptions,
  WatchEvent,
  WatchOptions,
} from "./index.ts";

type StoreClient = Client<typeof StoreContract>;

/** Gives the client for a namespace. */
export type ConnectStore = (namespace: string) => StoreClient;

/** The clients stay their owner's, who makes one for each namespace and not one for each time that he is asked. */
export function remoteStore(connect: ConnectStore): Store {
  return {
    survives: ({ signal } = {}) =>
      withReason(signal, async () => {
        // The answer is the same for all of them.
        return (await connect("default").survives({}, { signal })).survives;
      }),
    database: (name) => remoteDatabase(connect(name)),
  };
}

/** The client stays its owner's. */
export function remoteDatabase(client: StoreClient): Database {
  return {
    table: (name) => new RemoteTable(client, name),
    tables: ({ signal } = {}) =>
      withReason(signal, async () => (await client.tables({}, { signal })).tables),
  };
}

class RemoteTable implements Table {
  readonly #client: StoreClient;
  readonly #table: string;

  constructor(client: StoreClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  get(key: Bytes, { signal }: WaitOptions = {}): Promise<Entry | undefined> {
    return withReason(signal, async () => {
      const input = { table: this.#table, key: bytesOf(key) };
      return (await this.#client.get(input, { signal })).entry;
    });
  }

  put(key: Bytes, value: Bytes, options: Lifetime & Condition & WaitOptions = {}): Promise<number> {
    const { ttlMs, expectedRevision, signal } = options;
    return withReason(signal, async () => {
      const table = this.#table;
      const input = { table, key: bytesOf(key), value: bytesOf(value), ttlMs, expectedRevision };
      return (await this.#client.put(input, { signal })).revision;
    });
  }

  delete(key: Bytes, { expectedRevision, signal }: Condition & WaitOptions = {}): Promise<boolean> {
    return withReason(signal, async () => {
      const input = { table: this.#table, key: bytesOf(key), expectedRevision };
      return (await this.#client.delete(input, { signal })).deleted;
    });
  }

  batch(operations: readonly Operation[], { signal }: WaitOptions = {}): Promise<number> {
    return withReason(signal, async () => {
      const input = { table: this.#table, operations: operations.map(operationOf) };
      return (await this.#client.batch(input, { signal })).revision;
    });
  }

  list({ prefix, suffix, signal, ...options }: ListOptions = {}): Promise<Page> {
    return withReason(signal, async () => {
      const part = { prefix: maybeBytes(prefix), suffix: maybeBytes(suffix) };
      return this.#client.list({ ...options, ...part, table: this.#table }, { signal });
    });
  }

  watch({ prefix, after, signal }: WatchOptions = {}): AsyncIterable<WatchEvent> {
    return untilAborted(signal, () => {
      const input = { table: this.#table, prefix: maybeBytes(prefix), after };
      // With each kind comes what belongs to it: the store wrote it from the same type.
      return this.#client.watch(input, { signal }) as AsyncIterator<WatchEvent>;
    });
  }
}
