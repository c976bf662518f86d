/** The store over the native wire, as services reach it: one file for all of its drivers. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgresServer } from "../src/backends/postgres/test-server.ts";
import { StoreContract } from "../src/blocks/store/contract.ts";
import { createMemoryStore } from "../src/blocks/store/drivers/memory.ts";
import { openPostgresStore } from "../src/blocks/store/drivers/postgres.ts";
import { openSqliteStore } from "../src/blocks/store/drivers/sqlite.ts";
import {
  batchOperationsMax,
  type Operation,
  type Store,
  textOf,
} from "../src/blocks/store/index.ts";
import { remoteDatabase } from "../src/blocks/store/remote.ts";
import { storeService } from "../src/blocks/store/service.ts";
import { createLogger } from "../src/core/log.ts";
import { client, serve as serveReef } from "../src/index.ts";
import type { PeerServer } from "./work.ts";
import { entriesOf, keysDefault, type StoreJob, storeClient } from "./store-work.ts";

/** What the namespace of a call without one is. */
const database = "default";
const tableName = "bench";

export async function serve({ variant, keys = keysDefault }: StoreJob): Promise<PeerServer> {
  const stack = new AsyncDisposableStack();
  const store = await openFilled(variant, keys, stack);
  const running = await serveReef(storeService(store), {
    platform: false,
    listen: ["tcp://127.0.0.1:0"],
    log: createLogger({ level: "warn" }),
    stopOnSignals: false,
  });
  stack.use(running);
  return {
    address: running.addresses[0]!,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export async function open(address: string, job: StoreJob) {
  const table = remoteDatabase(client(StoreContract, { address })).table(tableName);
  return storeClient(job, {
    async put(key, value) {
      await table.put(key, value);
    },
    async get(key) {
      const entry = await table.get(key);
      return entry && textOf(entry.value);
    },
    async list(prefix, limit) {
      const { items } = await table.list({ prefix, limit });
      return items.map(({ key, value }) => ({ key: textOf(key), value: textOf(value) }));
    },
  });
}

async function openFilled(
  variant: string | null,
  keys: number,
  stack: AsyncDisposableStack,
): Promise<Store> {
  if (variant === null) return openFilledFile(keys, stack);
  const store = variant === "memory" ? createMemoryStore() : await openPostgres(stack);
  await fill(store, keys);
  return store;
}

async function openPostgres(stack: AsyncDisposableStack): Promise<Store> {
  const { url } = stack.use(await openPostgresServer());
  return stack.use(await openPostgresStore({ url }));
}

/** Opened again when it is filled: until then some of it would be in memory, which is faster than where the rest is. */
async function openFilledFile(keys: number, stack: AsyncDisposableStack): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), "reef-bench-"));
  stack.defer(() => rm(folder, { recursive: true }));
  const path = join(folder, "store");
  {
    await using store = await openSqliteStore({ path });
    await fill(store, keys);
  }
  return stack.use(await openSqliteStore({ path }));
}

/** In the largest batches that there are: a million entries should not take minutes. */
async function fill(store: Store, keys: number): Promise<void> {
  const table = store.database(database).table(tableName);
  let operations: Operation[] = [];
  for (const entry of entriesOf(keys)) {
    operations.push({ kind: "put", ...entry });
    if (operations.length < batchOperationsMax) continue;
    // One after the other, as each is a commit of its own and memory has a limit too.
    // oxlint-disable-next-line no-await-in-loop
    await table.batch(operations);
    operations = [];
  }
  if (operations.length > 0) await table.batch(operations);
}
