/** Cases about the end of a watch: by its reader, by a signal, or because its reader is too slow. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import type { RegistryCase } from "../conformance.ts";
import { metadataBytesMax } from "../index.ts";
import { countSteps, nodeOf, openWatch, refused, register } from "./fixture.ts";

export const leavingCases: readonly RegistryCase[] = [
  {
    name: "watch() cuts off a reader that falls behind, and nobody else",
    async run(open) {
      await using it = await open({ watchBacklogMax: 20 });
      const lease = await register(it.registry, nodeOf("a"));
      await using slow = await openWatch(it.registry);
      await using quick = await openWatch(it.registry);
      // Large enough that what a wire holds for a slow reader is a small part of it.
      const metadata = { pad: "x".repeat(metadataBytesMax - 100) };
      const changes = 500;
      for (let change = 0; change < changes; change++) {
        await lease.update({ metadata });
        await quick.read(1);
      }
      const start = slow.present[0]?.revision ?? Number.NaN;
      let seen = 0;
      const drain = async () => {
        for (;;) assert.equal((await slow.read(1))[0]?.revision, start + ++seen);
      };
      await refused(drain(), "resource_exhausted");
      assert(
        seen <= changes,
        `${seen} of ${changes} changes were held for a reader that was cut off`,
      );
      await lease.update({ metadata: {} });
      assert.equal((await quick.next()).kind, "node");
    },
  },
  {
    name: "watch() ends without an error when its signal fires, before, in and after the present",
    async run(open) {
      await using it = await open();
      await register(it.registry, nodeOf("a"));
      for (const before of [0, 1, 2]) {
        const controller = new AbortController();
        const { signal } = controller;
        const events = it.registry.watch({ signal })[Symbol.asyncIterator]();
        for (let read = 0; read < before; read++) assert(!(await events.next()).done);
        const next = before === 2 ? events.next() : undefined;
        controller.abort();
        assert.equal((await (next ?? events.next())).done, true);
        assert.equal(getEventListeners(signal, "abort").length, 0);
      }
    },
  },
  {
    name: "watch() can be left while it waits",
    async run(open) {
      await using it = await open();
      await using watch = await openWatch(it.registry);
      const waiting = watch.next();
      await watch[Symbol.asyncDispose]();
      await assert.rejects(waiting, { message: "the watch ended after 0 of 1 events" });
    },
  },
  {
    name: "watch() leaves nothing behind when it is left",
    async run(open) {
      await using it = await open();
      const lease = await register(it.registry, nodeOf("a"));
      const before = await countSteps(() => lease.update({ state: "ready" }));
      const { signal } = new AbortController();
      for (let watches = 0; watches < 200; watches++) {
        for await (const event of it.registry.watch({ signal }))
          if (event.kind === "present") break;
      }
      await it.registry.list();
      assert.equal(getEventListeners(signal, "abort").length, 0);
      const after = await countSteps(() => lease.update({ state: "ready" }));
      assert(
        after < before + 100,
        `a change took ${before} steps before 200 watches, ${after} after`,
      );
    },
  },
];
