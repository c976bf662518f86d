/** Cases about what is refused, and that nothing is done then. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import type { StoreCase } from "../conformance.ts";
import {
  batchOperationsMax,
  keyBytesMax,
  listLimitMax,
  messageBytesMax,
  type Operation,
  ttlMsMax,
  valueBytesMax,
} from "../index.ts";
import { badNames } from "../../../testing/bad-names.ts";
import { openWatch, refused, tableOf } from "./fixture.ts";

export const limitCases: readonly StoreCase[] = [
  {
    name: "names of databases and tables that services could not have are refused",
    async run(open) {
      await using it = await open();
      for (const name of badNames) {
        const table = tableOf(it, name);
        await refused(table.get("a"), "invalid_argument");
        await refused(table.put("a", "1"), "invalid_argument");
        await refused(table.delete("a"), "invalid_argument");
        await refused(table.batch([]), "invalid_argument");
        await refused(table.list(), "invalid_argument");
        await refused(openWatch(table), "invalid_argument");
      }
    },
  },
  {
    name: "keys and values may be as long as the limits, and no longer",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const key = "k".repeat(keyBytesMax);
      await table.put(key, "v".repeat(valueBytesMax));
      assert.equal((await table.get(key))?.value.length, valueBytesMax);
      // As text it is short enough, as bytes it is not.
      const wide = "\u00e4".repeat(keyBytesMax / 2 + 1);
      for (const long of [`${key}k`, wide]) {
        await refused(table.get(long), "invalid_argument");
        await refused(table.put(long, ""), "invalid_argument");
        await refused(table.delete(long), "invalid_argument");
        await refused(table.list({ prefix: long }), "invalid_argument");
      }
      await refused(table.put("a", "v".repeat(valueBytesMax + 1)), "invalid_argument");
      assert.equal(await table.get("a"), undefined);
    },
  },
  {
    name: "times, revisions and limits that cannot be are refused",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      for (const ttlMs of [0, -1, 1.5, Number.NaN, ttlMsMax + 1]) {
        await refused(table.put("a", "1", { ttlMs }), "invalid_argument");
      }
      for (const expectedRevision of [-1, 0.5, Number.NaN]) {
        await refused(table.put("a", "1", { expectedRevision }), "invalid_argument");
        await refused(table.delete("a", { expectedRevision }), "invalid_argument");
      }
      for (const limit of [0, -1, 1.5, listLimitMax + 1]) {
        await refused(table.list({ limit }), "invalid_argument");
      }
      for (const cursor of ["!", "a", "\u00e4"])
        await refused(table.list({ cursor }), "invalid_argument");
      await table.put("a", "1", { ttlMs: ttlMsMax });
    },
  },
  {
    name: "batch() refuses too many, too large, twice the same key and what is no operation, as a whole",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const put = (key: string, value = ""): Operation => ({ kind: "put", key, value });
      const many = Array.from({ length: batchOperationsMax }, (_, index) => put(`k${index}`));
      await table.batch(many);
      const value = "v".repeat(messageBytesMax / 4);
      const bad: Operation[][] = [
        [...many, put("one more")],
        [put("new"), put("k"), { kind: "delete", key: "k" }],
        [put("new"), ...["a", "b", "c", "d"].map((key) => put(key, value))],
        [put("new"), put("a".repeat(keyBytesMax + 1))],
        // A caller without types can send anything.
        [put("new"), { kind: "drop", key: "k0" } as unknown as Operation],
      ];
      for (const operations of bad) await refused(table.batch(operations), "invalid_argument");
      assert.equal(await table.get("new"), undefined);
      assert.equal((await table.list({ limit: listLimitMax })).items.length, batchOperationsMax);
    },
  },
  {
    name: "a database has at most tablesMax tables, and another one when one is empty",
    async run(open) {
      await using it = await open({ tablesMax: 2 });
      await tableOf(it, "a").put("k", "v");
      await tableOf(it, "b").put("k", "v");
      await refused(tableOf(it, "c").put("k", "v"), "resource_exhausted");
      await it.store.database("other").table("c").put("k", "v");
      await tableOf(it, "b").put("k2", "v");
      assert.equal(await tableOf(it, "c").delete("k"), false);
      await tableOf(it, "a").delete("k");
      await tableOf(it, "c").put("k", "v");
      assert.deepEqual(await it.store.database("default").tables(), ["b", "c"]);
    },
  },
  {
    name: "every method rejects with the reason of a signal that has fired, and does nothing",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      await table.put("a", "1");
      await assert.rejects(table.get("a", { signal }), reason);
      await assert.rejects(table.put("a", "2", { signal }), reason);
      await assert.rejects(table.delete("a", { signal }), reason);
      await assert.rejects(table.batch([{ kind: "delete", key: "a" }], { signal }), reason);
      await assert.rejects(table.list({ signal }), reason);
      await assert.rejects(it.store.database("default").tables({ signal }), reason);
      await assert.rejects(it.store.survives({ signal }), reason);
      assert.equal((await table.get("a"))?.value.length, 1);
      const { signal: quiet } = new AbortController();
      await table.put("a", "3", { signal: quiet });
      await table.list({ signal: quiet });
      assert.equal(getEventListeners(quiet, "abort").length, 0);
    },
  },
];
