/** Cases about entries with a time: there until it is over, and not a moment longer. */
import assert from "node:assert/strict";
import type { StoreCase } from "../conformance.ts";
import { lost, openWatch, shown, tableOf } from "./fixture.ts";

const dayMs = 86_400_000;

export const expiryCases: readonly StoreCase[] = [
  {
    name: "an entry is there until its time is over, and gone then",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("a", "1", { ttlMs: 1_000 });
      await table.put("b", "1", { ttlMs: 1 });
      await table.put("c", "1");
      assert.deepEqual(shown((await table.list()).items), ["a=1", "b=1", "c=1"]);
      await it.advance(1);
      assert.equal(await table.get("b"), undefined);
      await it.advance(998);
      assert.deepEqual(shown((await table.list()).items), ["a=1", "c=1"]);
      await it.advance(1);
      assert.equal(await table.get("a"), undefined);
      assert.deepEqual(shown((await table.list()).items), ["c=1"]);
      assert.deepEqual(shown((await table.list({ order: "descending" })).items), ["c=1"]);
    },
  },
  {
    name: "an entry says how much of its time is left",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("a", "1", { ttlMs: 1_000 });
      await table.put("b", "1");
      assert.equal((await table.get("a"))?.ttlMs, 1_000);
      assert.equal(Object.hasOwn((await table.get("b")) ?? {}, "ttlMs"), false);
      await it.advance(999);
      assert.equal((await table.list()).items[0]?.ttlMs, 1);
    },
  },
  {
    name: "put() over an entry with a time sets its time anew, or none",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      for (const key of ["longer", "shorter", "none"]) await table.put(key, "1", { ttlMs: 1_000 });
      await it.advance(500);
      await table.put("longer", "2", { ttlMs: 1_000 });
      await table.put("shorter", "2", { ttlMs: 100 });
      await table.put("none", "2");
      await it.advance(100);
      assert.deepEqual(shown((await table.list()).items), ["longer=2", "none=2"]);
      await it.advance(899);
      assert.deepEqual(shown((await table.list()).items), ["longer=2", "none=2"]);
      await it.advance(1);
      assert.deepEqual(shown((await table.list()).items), ["none=2"]);
    },
  },
  {
    name: "an entry whose time is over counts as none: for conditions, deleting and tables()",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const revision = await table.put("a", "1", { ttlMs: 1_000 });
      await table.put("b", "1", { ttlMs: 1_000 });
      await it.advance(1_000);
      assert.deepEqual(await it.store.database("default").tables(), []);
      await lost(table.put("a", "2", { expectedRevision: revision }), "a", 0);
      assert.equal(await table.delete("b"), false);
      await table.put("a", "2", { expectedRevision: 0 });
      await it.advance(10_000);
      assert.deepEqual(shown((await table.list()).items), ["a=2"]);
    },
  },
  {
    name: "a watch is told of an expired entry as one that is gone, once, without anybody asking",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("a", "1", { ttlMs: 1_000 });
      await using watch = await openWatch(table);
      await table.batch([
        { kind: "put", key: "b", value: "1", ttlMs: 2_000 },
        { kind: "put", key: "c", value: "1", ttlMs: 3_000 },
      ]);
      await table.put("c", "2");
      assert.deepEqual(await watch.changes(2), ["b=1 c=1", "c=2"]);
      await it.advance(1_000);
      assert.deepEqual(await watch.changes(1), ["-a"]);
      await it.advance(5_000);
      assert.deepEqual(await watch.changes(1), ["-b"]);
      await table.put("d", "3");
      assert.deepEqual(await watch.changes(1), ["d=3"]);
    },
  },
  {
    name: "a time of many days neither ends at once nor is forgotten",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("a", "1", { ttlMs: 40 * dayMs });
      await using watch = await openWatch(table);
      await it.advance(39 * dayMs);
      assert.equal((await table.get("a"))?.ttlMs, dayMs);
      await it.advance(dayMs);
      assert.equal(await table.get("a"), undefined);
      assert.deepEqual(await watch.changes(1), ["-a"]);
    },
  },
];
