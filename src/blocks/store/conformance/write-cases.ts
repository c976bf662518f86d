/** Cases about writing: revisions, conditions, batches. */
import assert from "node:assert/strict";
import type { StoreCase } from "../conformance.ts";
import { lost, openWatch, shown, tableOf } from "./fixture.ts";

export const writeCases: readonly StoreCase[] = [
  {
    name: "every write has a higher revision than all before it, in whichever table",
    async run(open) {
      await using it = await open();
      const revisions: number[] = [];
      for (let round = 0; round < 3; round++) {
        revisions.push(await tableOf(it).put("a", "1"));
        revisions.push(await tableOf(it, "other").put("a", "1"));
        revisions.push(await tableOf(it).batch([{ kind: "delete", key: "a" }]));
      }
      assert.deepEqual(
        revisions,
        revisions.toSorted((a, b) => a - b),
      );
      assert.equal(new Set(revisions).size, revisions.length);
      assert((revisions[0] ?? 0) > 0, "0 is what is expected of no entry");
    },
  },
  {
    name: "an entry has the revision of the write that made it",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const revision = await table.put("a", "1");
      await table.put("b", "1");
      assert.equal((await table.get("a"))?.revision, revision);
      assert.equal((await table.list()).items[0]?.revision, revision);
      assert((await table.put("a", "1")) > revision, "writing the same is a write");
    },
  },
  {
    name: "delete() says whether the entry was there",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      assert.equal(await table.delete("a"), false);
      await table.put("a", "1");
      assert.equal(await table.delete("a"), true);
      assert.equal(await table.get("a"), undefined);
      assert.equal(await table.delete("a"), false);
    },
  },
  {
    name: "put() with expectedRevision writes only in the place of that entry",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await lost(table.put("a", "1", { expectedRevision: 1 }), "a", 0);
      const first = await table.put("a", "1", { expectedRevision: 0 });
      await lost(table.put("a", "2", { expectedRevision: 0 }), "a", first);
      const second = await table.put("a", "2", { expectedRevision: first });
      await lost(table.put("a", "3", { expectedRevision: first }), "a", second);
      assert.deepEqual(shown((await table.list()).items), ["a=2"]);
      await table.delete("a");
      await lost(table.put("a", "3", { expectedRevision: second }), "a", 0);
      await table.put("a", "3", { expectedRevision: 0 });
    },
  },
  {
    name: "delete() with expectedRevision deletes only that entry",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      assert.equal(await table.delete("a", { expectedRevision: 0 }), false);
      await lost(table.delete("a", { expectedRevision: 7 }), "a", 0);
      const first = await table.put("a", "1");
      const second = await table.put("a", "2");
      await lost(table.delete("a", { expectedRevision: first }), "a", second);
      await lost(table.delete("a", { expectedRevision: 0 }), "a", second);
      assert.equal(await table.delete("a", { expectedRevision: second }), true);
    },
  },
  {
    name: "batch() does all of its writes, with one revision",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("b", "1");
      const kept = await table.put("c", "1");
      const revision = await table.batch([
        { kind: "put", key: "a", value: "2" },
        { kind: "delete", key: "nothing" },
        { kind: "delete", key: "b" },
        { kind: "put", key: "c", value: "2", expectedRevision: kept },
      ]);
      const { items } = await table.list();
      assert.deepEqual(shown(items), ["a=2", "c=2"]);
      assert.deepEqual(
        items.map((entry) => entry.revision),
        [revision, revision],
      );
    },
  },
  {
    name: "batch() does nothing when one entry is not the expected one",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const revision = await table.put("b", "1");
      await using watch = await openWatch(table);
      for (const expectedRevision of [0, revision + 1]) {
        const batch = table.batch([
          { kind: "put", key: "a", value: "2" },
          { kind: "put", key: "b", value: "2", expectedRevision },
          { kind: "delete", key: "b2" },
          { kind: "put", key: "c", value: "2" },
        ]);
        await lost(batch, "b", revision);
      }
      assert.deepEqual(shown((await table.list()).items), ["b=1"]);
      await table.put("d", "3");
      assert.deepEqual(await watch.changes(1), ["d=3"]);
    },
  },
  {
    name: "a write that changes nothing is not told, and resolves with the present revision",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const revision = await table.put("a", "1");
      await using watch = await openWatch(table);
      assert.equal(await table.delete("nothing"), false);
      assert.equal(await table.batch([{ kind: "delete", key: "nothing" }]), revision);
      assert.equal(await table.batch([]), revision);
      await table.put("b", "1");
      assert.deepEqual(await watch.changes(1), ["b=1"]);
    },
  },
];
