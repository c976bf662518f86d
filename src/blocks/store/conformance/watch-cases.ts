/** Cases about watching: the present, then each change once, in order. */
import assert from "node:assert/strict";
import type { StoreCase } from "../conformance.ts";
import { openWatch, tableOf, type Watching } from "./fixture.ts";

export const watchCases: readonly StoreCase[] = [
  {
    name: "watch() yields the present first, and says once when it is complete",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("a", "1");
      await table.put("b", "1");
      const revision = await table.delete("b").then(() => table.put("c", "1"));
      await using watch = await openWatch(table);
      assert.deepEqual([...watch.present].toSorted(), [
        ["a", "1"],
        ["c", "1"],
      ]);
      assert.equal(watch.start.revision, revision);
      await table.put("d", "1");
      assert.deepEqual(await watch.changes(1), ["d=1"]);
    },
  },
  {
    name: "watch() yields each change once, in order, with its revision",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await using watch = await openWatch(table);
      const first = await table.put("a", "1");
      await table.put("a", "2");
      await table.put("a", "2");
      await table.delete("a");
      const last = await table.put("b", "3");
      const { revision, epoch } = await watch.next();
      assert.deepEqual([revision, epoch], [first, watch.start.epoch]);
      assert.deepEqual(await watch.changes(3), ["a=2", "a=2", "-a"]);
      assert.equal((await watch.next()).revision, last);
    },
  },
  {
    name: "watch() yields a batch as one message, in the order of its writes",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("b", "1");
      await using watch = await openWatch(table);
      const revision = await table.batch([
        { kind: "put", key: "c", value: "2" },
        { kind: "delete", key: "b" },
        { kind: "delete", key: "nothing" },
        { kind: "put", key: "a", value: "2" },
      ]);
      const event = await watch.next();
      assert.equal(event.revision, revision);
      assert.equal(event.changes.length, 3);
      await table.put("d", "3");
      assert.deepEqual(await watch.changes(1), ["d=3"]);
    },
  },
  {
    name: "watch() sees its prefix, table and database only",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("a/1", "1");
      await table.put("b/1", "1");
      await using watch = await openWatch(table, { prefix: "a/" });
      assert.deepEqual([...watch.present.keys()], ["a/1"]);
      await tableOf(it, "other").put("a/2", "2");
      await it.store.database("other").table("trips").put("a/2", "2");
      await table.put("b/2", "2");
      await table.batch([
        { kind: "put", key: "a", value: "2" },
        { kind: "put", key: "a/3", value: "2" },
        { kind: "put", key: "b/3", value: "2" },
      ]);
      await table.delete("b/1");
      await table.delete("a/1");
      assert.deepEqual(await watch.changes(2), ["a/3=2", "-a/1"]);
    },
  },
  {
    name: "watch() takes a prefix as it is: it is no pattern, and may end with the highest byte",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      for (const prefix of ["*", "%", "_", "a.", "[a-c]", "a?", "a\\", "a\u00ff"]) {
        await using watch = await openWatch(table, { prefix });
        await table.batch([
          { kind: "put", key: "a", value: "1" },
          { kind: "put", key: "ab", value: "1" },
          { kind: "put", key: "b", value: "1" },
        ]);
        await table.put(`${prefix}1`, "1");
        assert.deepEqual(await watch.changes(1), [`${prefix}1=1`]);
      }
      const highest = new Uint8Array([0x61, 0xff]);
      await using watch = await openWatch(table, { prefix: highest });
      await table.put("b", "2");
      await table.put(new Uint8Array([0x61, 0xff, 0xff]), "2");
      assert.deepEqual((await watch.next()).changes[0]?.key, new Uint8Array([0x61, 0xff, 0xff]));
    },
  },
  {
    name: "watch() misses nothing and repeats nothing that races with its start",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const [writers, rounds] = [4, 50];
      const watches: Promise<Watching>[] = [];
      const write = async (writer: number) => {
        let revision = 0;
        for (let round = 0; round < rounds; round++) {
          if (round % 10 === writer) watches.push(openWatch(table));
          revision = await table.put(`k${writer}-${round}`, "1");
        }
        return revision;
      };
      const last = Math.max(
        ...(await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))),
      );
      for (const opening of watches) {
        await using watch = await opening;
        const seen = [...watch.present.keys()];
        let { revision } = watch.start;
        while (revision < last) {
          const event = await watch.next();
          assert(event.revision > revision, `revision ${event.revision} after ${revision}`);
          ({ revision } = event);
          seen.push(...event.changes.map(({ key }) => Buffer.from(key).toString()));
        }
        assert.equal(seen.length, writers * rounds);
        assert.equal(new Set(seen).size, writers * rounds);
      }
    },
  },
  {
    name: "watch() shows every reader the same",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await using first = await openWatch(table);
      await using second = await openWatch(table);
      await Promise.all(["a", "b", "c", "d"].map((key) => table.put(key, key)));
      await table.delete("a");
      assert.deepEqual(await first.changes(5), await second.changes(5));
    },
  },
  {
    name: "watch() shares nothing with its reader",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await using first = await openWatch(table);
      await using second = await openWatch(table);
      await table.put("a", "1");
      const { changes } = await first.next();
      changes[0]?.value?.fill(0);
      changes[0]?.key.fill(0);
      assert.deepEqual(await second.changes(1), ["a=1"]);
      assert.deepEqual((await table.get("a"))?.value, new Uint8Array([0x31]));
    },
  },
];
