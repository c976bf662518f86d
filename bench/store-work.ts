/**
 * The work of a store: the same keys and values whoever keeps them, so that only the store and the way to it differ.
 */
import assert from "node:assert/strict";
import type { Job, PeerClient } from "./work.ts";

/** Of one value: a small document. */
export const valueBytes = 100;

/** Entries of one page, and of the keys that one prefix of `list` means. */
export const pageEntries = 100;

/** Entries that are there before the measurement, unless a question is about their number. */
export const keysDefault = 10_000;

/** A prime: callers walk over all keys, and neighbours in time are none in the order of keys. */
const stride = 7_919;

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** What the client of a store does; each answers with what it found. */
export interface StoreCalls {
  put(key: string, value: string): Promise<void>;
  get(key: string): Promise<string | undefined>;
  /** Keys and values under a prefix, in the order of keys. */
  list(prefix: string, limit: number): Promise<readonly KeyValue[]>;
}

/** What the client of a store is asked for. */
export type StoreJob = Job & { readonly method: keyof StoreCalls };

/** All that is there before the measurement, in the order of keys. */
export function* entriesOf(keys: number): Generator<KeyValue, void> {
  for (let n = 0; n < keys; n++) yield entryAt(n);
}

/** Calls the store with the next key of a job and checks what comes back. */
export function storeClient({ method, keys = keysDefault }: Job, calls: StoreCalls): PeerClient {
  assert(method === "put" || method === "get" || method === "list", `${method} is for a store`);
  const entryFor = (i: number) => entryAt((i * stride) % keys);
  const work = {
    async put(i: number) {
      const { key, value } = entryFor(i);
      await calls.put(key, value);
    },
    async get(i: number) {
      const { key, value } = entryFor(i);
      assert.equal(await calls.get(key), value);
    },
    async list(i: number) {
      const first = entryAt(((i * stride) % (keys / pageEntries)) * pageEntries);
      const page = await calls.list(first.key.slice(0, -2), pageEntries);
      assert.equal(page.length, pageEntries);
      assert.deepEqual(page[0], first);
    },
  };
  return { call: work[method] };
}

/** Seven digits: the first five are the prefix of a page. */
function entryAt(n: number): KeyValue {
  const key = `k${String(n).padStart(7, "0")}`;
  return { key, value: key.padEnd(valueBytes, "-") };
}
