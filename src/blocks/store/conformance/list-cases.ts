/** Cases about listing: which entries, in which order, and what a walk over pages finds. */
import assert from "node:assert/strict";
import type { StoreCase } from "../conformance.ts";
import {
  listScanMax,
  messageBytesMax,
  type Operation,
  type Table,
  valueBytesMax,
} from "../index.ts";
import { listAll, shown, tableOf } from "./fixture.ts";
import { hostileKeys } from "./hostile-keys.ts";

export const listCases: readonly StoreCase[] = [
  {
    name: "list() is in the order of the bytes of the keys, and backwards",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await fill(table, hostileKeys);
      const sorted = hostileKeys.toSorted(Buffer.compare);
      assert.deepEqual(keysOf(await listAll(table)), sorted);
      assert.deepEqual(keysOf(await listAll(table, { limit: 7 })), sorted);
      const backwards = await listAll(table, { limit: 7, order: "descending" });
      assert.deepEqual(keysOf(backwards), sorted.toReversed());
    },
  },
  {
    name: "list() keeps to a prefix, whatever its bytes are",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await fill(table, hostileKeys);
      for (const prefix of [
        ...hostileKeys,
        new Uint8Array([0xe2]),
        new Uint8Array([0xff, 0xff, 0xff]),
      ]) {
        const expected = hostileKeys.filter((key) =>
          Buffer.from(key).subarray(0, prefix.length).equals(prefix),
        );
        const sorted = expected.toSorted(Buffer.compare);
        assert.deepEqual(keysOf(await listAll(table, { prefix, limit: 3 })), sorted);
        const backwards = await listAll(table, { prefix, limit: 3, order: "descending" });
        assert.deepEqual(keysOf(backwards), sorted.toReversed());
      }
    },
  },
  {
    name: "list() keeps to a suffix, also together with a prefix",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await fill(table, ["a/1/x", "a/2/y", "a/3/x", "b/1/x", "x", "/x"]);
      assert.deepEqual(texts(await listAll(table, { suffix: "/x" })), [
        "/x",
        "a/1/x",
        "a/3/x",
        "b/1/x",
      ]);
      assert.deepEqual(texts(await listAll(table, { suffix: "/x", prefix: "a/", limit: 1 })), [
        "a/1/x",
        "a/3/x",
      ]);
      // Both may cover the same bytes.
      assert.deepEqual(texts(await listAll(table, { suffix: "a/1/x", prefix: "a/1/x" })), [
        "a/1/x",
      ]);
      assert.deepEqual(texts(await listAll(table, { suffix: "nothing" })), []);
    },
  },
  {
    name: "list() walks over at most listScanMax keys for one page, and says where to go on",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const step = 1_000;
      for (let from = 0; from <= listScanMax; from += step) {
        await fill(
          table,
          Array.from({ length: step }, (_, index) => `k${100_000 + from + index}`),
        );
      }
      await fill(table, ["z"]);
      const page = await table.list({ suffix: "z" });
      assert.deepEqual(page.items, []);
      assert(page.cursor !== undefined);
      assert.deepEqual(texts(await listAll(table, { suffix: "z" })), ["z"]);
    },
  },
  {
    name: "list() gives a cursor while there is more, and none with the last page",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      assert.equal((await table.list()).cursor, undefined);
      await fill(table, ["a", "b", "c"]);
      assert.equal((await table.list({ limit: 3 })).cursor, undefined);
      const first = await table.list({ limit: 2 });
      assert.deepEqual(texts(first.items), ["a", "b"]);
      const second = await table.list({ limit: 2, cursor: first.cursor });
      assert.deepEqual([texts(second.items), second.cursor], [["c"], undefined]);
      await fill(
        table,
        Array.from({ length: 150 }, (_, index) => `d${index}`),
      );
      assert.equal((await table.list()).items.length, 100);
    },
  },
  {
    name: "list() ends a page before it becomes too large for one message",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const value = "v".repeat(valueBytesMax);
      for (const key of ["a", "b", "c"]) await table.put(key, value);
      const { items, cursor } = await table.list();
      const bytes = items.reduce((sum, entry) => sum + entry.key.length + entry.value.length, 0);
      assert(
        items.length > 0 && bytes <= messageBytesMax,
        `${items.length} entries of ${bytes} bytes`,
      );
      assert(cursor !== undefined);
      assert.deepEqual(texts(await listAll(table)), ["a", "b", "c"]);
    },
  },
  {
    name: "a walk over pages finds what stays exactly once, and what comes or goes at most once",
    async run(open) {
      await using it = await open();
      for (const order of ["ascending", "descending"] as const) {
        const table = tableOf(it, order);
        const stays = Array.from({ length: 50 }, (_, index) => `k${100 + index * 2}`);
        await fill(table, stays);
        let round = 0;
        const found = await listAll(table, { limit: 4, order }, async () => {
          // Before, in and behind what was walked over; what stays is also written anew.
          for (const key of [`k${101 + 2 * round}`, `k${199 - 2 * round}`, "a", `z${round}`]) {
            if (round % 3 === 2) await table.delete(key);
            else await table.put(key, `${round}`);
          }
          await table.put(stays[round * 4] ?? "k100", `${round}`);
          round += 1;
        });
        const keys = texts(found);
        assert.equal(new Set(keys).size, keys.length, "found twice");
        assert.deepEqual(keys.filter((key) => stays.includes(key)).toSorted(), stays);
        assert.deepEqual(
          keys,
          order === "ascending" ? keys.toSorted() : keys.toSorted().toReversed(),
        );
      }
    },
  },
  {
    name: "a page is of one moment: it shows all of a batch, or nothing",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const batch = (value: string): Operation[] =>
        ["a", "b", "c"].map((key) => ({ kind: "put", key, value }));
      await table.batch(batch("0"));
      const writing = (async () => {
        for (let round = 1; round <= 50; round++) await table.batch(batch(`${round}`));
      })();
      for (let look = 0; look < 50; look++) {
        const values = shown((await table.list()).items).map((each) => each.split("=")[1]);
        assert.equal(new Set(values).size, 1, `a page shows ${values.join(", ")}`);
      }
      await writing;
    },
  },
];

async function fill(table: Table, keys: readonly (string | Uint8Array)[]): Promise<void> {
  await table.batch(keys.map((key) => ({ kind: "put", key, value: "v" })));
}

function keysOf(entries: readonly { readonly key: Uint8Array }[]): Uint8Array[] {
  return entries.map(({ key }) => key);
}

function texts(entries: readonly { readonly key: Uint8Array }[]): string[] {
  return entries.map(({ key }) => Buffer.from(key).toString());
}
