/** Cases about the end of a watch: by its reader, by a signal, or because it could not begin. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { soon } from "../../../testing/soon.ts";
import type { StoreCase } from "../conformance.ts";
import { openWatch, refused, tableOf } from "./fixture.ts";

export const leavingCases: readonly StoreCase[] = [
  {
    name: "watch() ends without an error when its signal fires, before, in and after the present",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await table.put("a", "1");
      for (const before of [0, 1, 2]) {
        const controller = new AbortController();
        const { signal } = controller;
        const events = table.watch({ signal })[Symbol.asyncIterator]();
        for (let read = 0; read < before; read++) assert(!(await events.next()).done);
        const next = before === 2 ? events.next() : undefined;
        controller.abort();
        const last = await soon("The end of the watch", (next ?? events.next()).catch(failedBy));
        assert.equal(last.done, true);
        assert.equal(getEventListeners(signal, "abort").length, 0);
      }
    },
  },
  {
    name: "watch() can be left while it waits, and leaves nothing behind",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const { signal } = new AbortController();
      for (let watches = 0; watches < 50; watches++) {
        const watch = await openWatch(table, { signal });
        const waiting = assert.rejects(watch.next(), { message: "the watch ended" });
        await Promise.all([soon("The end of the watch", watch[Symbol.asyncDispose]()), waiting]);
      }
      assert.equal(getEventListeners(signal, "abort").length, 0);
    },
  },
  {
    name: "watch() refuses what cannot be watched",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await refused(openWatch(table, { prefix: "\ud800" }), "invalid_argument");
      const watch = await openWatch(table, { after: { epoch: "", revision: -1 } });
      await refused(watch.next(), "invalid_argument");
    },
  },
];

function failedBy(error: unknown): never {
  assert.fail(`the watch ended with ${error}`);
}
