/** Cases about the watch. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { soon } from "../../../testing/soon.ts";
import type { NamespacesCase } from "../conformance.ts";
import type { NamespaceEvent, Namespaces } from "../index.ts";
import { holds } from "./fixture.ts";

export const watchCases: readonly NamespacesCase[] = [
  {
    name: "watch() tells all that are there, once complete, then each change in order",
    async run(open) {
      await using it = await open();
      const { namespaces } = it;
      const made = await holds(namespaces.create({ name: "acme" }));
      await using watch = openWatch(namespaces);
      const present = await watch.until("complete");
      assert.deepEqual(present.map(nameOf).toSorted(), ["acme", "default", "reef"]);
      const changed = await holds(namespaces.change("acme", { quotas: { keys: 1 } }));
      assert.deepEqual(await watch.until("namespace"), [{ kind: "namespace", namespace: changed }]);
      assert.notDeepEqual(made, changed);
      await namespaces.delete("acme");
      assert.deepEqual(await watch.until("gone"), [{ kind: "gone", name: "acme" }]);
    },
  },
  {
    name: "watch() ends without an error when its signal fires or it is left, and leaves nothing behind",
    async run(open) {
      await using it = await open();
      const controller = new AbortController();
      const { signal } = controller;
      const left = openWatch(it.namespaces, signal);
      await left.until("complete");
      await soon("The end of the watch", left[Symbol.asyncDispose]());
      await using watch = openWatch(it.namespaces, signal);
      await watch.until("complete");
      const next = watch.next();
      controller.abort();
      assert.equal((await soon("The end of the watch", holds(next))).done, true);
      assert.equal(getEventListeners(signal, "abort").length, 0);
    },
  },
];

function openWatch(namespaces: Namespaces, signal?: AbortSignal) {
  const events = namespaces.watch({ signal })[Symbol.asyncIterator]();
  return {
    next: () => events.next(),
    /** All up to the next of this kind, which is the last of them unless it ends the present. */
    async until(kind: NamespaceEvent["kind"]): Promise<NamespaceEvent[]> {
      const told: NamespaceEvent[] = [];
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const { done, value } = await soon(`An event "${kind}"`, events.next());
        assert.ok(!done, `the watch ended before "${kind}"`);
        if (value.kind !== "complete") told.push(value);
        if (value.kind === kind) return told;
      }
    },
    async [Symbol.asyncDispose]() {
      await events.return?.();
    },
  };
}

function nameOf(event: NamespaceEvent): string {
  return event.kind === "namespace" ? event.namespace.name : event.kind;
}
