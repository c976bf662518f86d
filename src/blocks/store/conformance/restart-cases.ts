/** Cases about a store that is closed and opened again; drivers that keep nothing are excused. */
import assert from "node:assert/strict";
import { ReefError } from "../../../core/errors.ts";
import type { ReopenOptions, StoreCase, StoreUnderTest } from "../conformance.ts";
import { textOf } from "../index.ts";
import { listAll, lost, openWatch, refused, shown, tableOf } from "./fixture.ts";

const hourMs = 3_600_000;

export const restartCases: readonly StoreCase[] = [
  {
    name: "after a restart everything is as it was, and revisions go on rising",
    async run(open) {
      await using it = await open();
      await tableOf(it).put("a", "1");
      await tableOf(it).put("b", "1");
      await tableOf(it).delete("b");
      await it.store.database("other").table("trips").put("c", "1");
      const revision = await tableOf(it).put("d", "1");
      await using again = await reopened(it);
      assert.deepEqual(shown((await tableOf(again).list()).items), ["a=1", "d=1"]);
      assert.deepEqual(await again.store.database("default").tables(), ["trips"]);
      await lost(tableOf(again).put("d", "2", { expectedRevision: 0 }), "d", revision);
      assert((await tableOf(again).put("d", "2", { expectedRevision: revision })) > revision);
    },
  },
  {
    name: "what was under way when the store ended is there as a whole or not at all",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const writing = Array.from({ length: 200 }, (_, n) =>
        table.batch([
          { kind: "put", key: `a${n}`, value: "1" },
          { kind: "put", key: `b${n}`, value: "1" },
        ]),
      );
      await writing[0];
      const ended = Promise.allSettled(writing);
      await using again = await reopened(it);
      const there = new Set((await listAll(tableOf(again))).map(({ key }) => textOf(key)));
      for (const [n, outcome] of (await ended).entries()) {
        const [a, b] = [there.has(`a${n}`), there.has(`b${n}`)];
        assert.equal(a, b, `half of batch ${n} is there`);
        if (outcome.status === "fulfilled") assert(a, `batch ${n} was acknowledged, and is lost`);
        else if (!ReefError.from(outcome.reason).maybeExecuted)
          assert(!a, `batch ${n} was refused`);
      }
    },
  },
  {
    name: "after a restart a watch goes on where it was, without gap or repeat",
    async run(open) {
      await using it = await open();
      const { start } = await openWatch(tableOf(it));
      await tableOf(it).put("a", "1");
      await tableOf(it).put("b", "1");
      await using again = await reopened(it);
      await using watch = await openWatch(tableOf(again), { after: start });
      assert.deepEqual(await watch.changes(2), ["a=1", "b=1"]);
      await tableOf(again).put("c", "1");
      assert.deepEqual(await watch.changes(1), ["c=1"]);
    },
  },
  {
    name: "after a restart a history that was not kept is still out_of_range",
    async run(open) {
      await using it = await open({ historyMax: 10 });
      const { start } = await openWatch(tableOf(it));
      for (let n = 0; n < 30; n++) await tableOf(it).put("a", `${n}`);
      await using again = await reopened(it);
      const watch = await openWatch(tableOf(again), { after: start });
      await refused(watch.next(), "out_of_range");
    },
  },
  {
    name: "the time while the store is closed counts, whatever the wall clock says",
    async run(open) {
      for (const wallJumpMs of [0, 1_000 * hourMs, -1_000 * hourMs]) {
        await using it = await open();
        await tableOf(it).put("short", "1", { ttlMs: hourMs });
        await tableOf(it).put("long", "1", { ttlMs: 3 * hourMs });
        await using again = await reopened(it, { offMs: 2 * hourMs, wallJumpMs });
        const { items } = await tableOf(again).list();
        assert.deepEqual(shown(items), ["long=1"]);
        assert.equal(items[0]?.ttlMs, hourMs);
        await again.advance(hourMs);
        assert.deepEqual((await tableOf(again).list()).items, []);
      }
    },
  },
  {
    name: "the time while the machine is off is what the wall clock says, and never less than none",
    async run(open) {
      for (const wallJumpMs of [0, -1_000 * hourMs]) {
        await using it = await open();
        await it.advance(hourMs);
        await tableOf(it).put("a", "1", { ttlMs: 3 * hourMs });
        await using again = await reopened(it, { offMs: 2 * hourMs, wallJumpMs, reboot: true });
        const left = wallJumpMs === 0 ? hourMs : 3 * hourMs;
        assert.equal((await tableOf(again).get("a"))?.ttlMs, left);
        await again.advance(left);
        assert.equal(await tableOf(again).get("a"), undefined);
      }
    },
  },
  {
    name: "a watch that goes on after a restart is told what expired meanwhile",
    async run(open) {
      await using it = await open();
      await tableOf(it).put("a", "1", { ttlMs: hourMs });
      const { start } = await openWatch(tableOf(it));
      await using again = await reopened(it, { offMs: 2 * hourMs });
      await using watch = await openWatch(tableOf(again), { after: start });
      assert.deepEqual(await watch.changes(1), ["-a"]);
    },
  },
];

async function reopened(it: StoreUnderTest, options?: ReopenOptions): Promise<StoreUnderTest> {
  assert(it.reopen, "the driver keeps nothing");
  return it.reopen(options);
}
