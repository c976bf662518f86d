/** Cases about going on with a watch: from a moment, without gap or repeat, or not at all. */
import assert from "node:assert/strict";
import type { StoreCase } from "../conformance.ts";
import type { Moment } from "../index.ts";
import { openWatch, refused, tableOf } from "./fixture.ts";

export const resumeCases: readonly StoreCase[] = [
  {
    name: "watch({ after }) goes on behind any moment, without gap or repeat",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("a", "0");
      await using watch = await openWatch(table);
      const moments: Moment[] = [watch.start];
      for (let n = 1; n <= 5; n++) {
        await table.batch([
          { kind: "put", key: "a", value: `${n}` },
          { kind: "put", key: `b${n}`, value: "x" },
        ]);
        await tableOf(it, "other").put("a", "x");
        moments.push(await watch.next());
      }
      for (const [seen, after] of moments.entries()) {
        await using resumed = await openWatch(table, { after });
        const rest = [1, 2, 3, 4, 5].slice(seen).map((n) => `a=${n} b${n}=x`);
        assert.deepEqual(await resumed.changes(rest.length), rest);
      }
    },
  },
  {
    name: "watch({ after }) goes on with what happens from then on",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const { start } = await openWatch(table);
      await using resumed = await openWatch(table, { after: start, prefix: "a" });
      const waiting = resumed.changes(2);
      await table.put("b", "1");
      await table.put("a", "1");
      await table.put("a", "2");
      assert.deepEqual(await waiting, ["a=1", "a=2"]);
    },
  },
  {
    name: "watch({ after }) of a moment whose history is not kept is out_of_range",
    async run(open) {
      await using it = await open({ historyMax: 10 });
      const table = tableOf(it);
      await table.put("a", "0");
      await using watch = await openWatch(table);
      const moments: Moment[] = [watch.start];
      for (let n = 1; n <= 30; n++) {
        await table.put("a", `${n}`);
        moments.push(await watch.next());
      }
      for (const after of moments.slice(0, 20)) {
        const lost = await openWatch(table, { after });
        await refused(lost.next(), "out_of_range");
      }
      const last = moments.at(-2) ?? assert.fail();
      await using resumed = await openWatch(table, { after: last });
      assert.deepEqual(await resumed.changes(1), ["a=30"]);
    },
  },
  {
    name: "the history is kept up to historyBytesMax too",
    async run(open) {
      await using it = await open({ historyBytesMax: 100_000 });
      const table = tableOf(it);
      const { start } = await openWatch(table);
      for (let n = 0; n < 20; n++) await table.put("a", "v".repeat(10_000));
      const lost = await openWatch(table, { after: start });
      await refused(lost.next(), "out_of_range");
    },
  },
  {
    name: "watch({ after }) of another store, or of a moment to come, is out_of_range",
    async run(open) {
      await using it = await open();
      await using other = await open();
      const table = tableOf(it);
      await table.put("a", "1");
      await tableOf(other).put("a", "1");
      const { start } = await openWatch(table);
      const { start: foreign } = await openWatch(tableOf(other));
      assert.notEqual(start.epoch, foreign.epoch);
      for (const after of [foreign, { ...start, revision: start.revision + 1 }]) {
        const lost = await openWatch(table, { after });
        await refused(lost.next(), "out_of_range");
      }
    },
  },
  {
    name: "a watch that waits is not forgotten however much others write",
    async run(open) {
      await using it = await open({ historyMax: 10 });
      const table = tableOf(it);
      await using watch = await openWatch(table);
      const waiting = watch.changes(1);
      for (let n = 0; n < 50; n++) await tableOf(it, "other").put("a", `${n}`);
      await table.put("a", "1");
      assert.deepEqual(await waiting, ["a=1"]);
    },
  },
  {
    name: "a reader that is too slow is told so, after what is known is in order, and nobody else",
    async run(open) {
      await using it = await open({ historyMax: 20 });
      const table = tableOf(it);
      await using slow = await openWatch(table);
      await using quick = await openWatch(table);
      // Large enough that what a wire holds for a slow reader is a small part of it.
      const pad = "x".repeat(8_000);
      for (let n = 0; n < 500; n++) {
        await table.put("a", `${pad}${n}`);
        await quick.next();
      }
      let seen = 0;
      const drain = async () => {
        for (;;) assert.deepEqual(await slow.changes(1), [`a=${pad}${seen++}`]);
      };
      await refused(drain(), "out_of_range");
      await table.put("a", "last");
      assert.deepEqual(await quick.changes(1), ["a=last"]);
    },
  },
];
