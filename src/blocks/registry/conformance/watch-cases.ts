/** Cases about watching: the present, then each change once, in order. */
import assert from "node:assert/strict";
import type { RegistryCase } from "../conformance.ts";
import type { RegistryEvent } from "../index.ts";
import { greeterName, newsOf, nodeOf, openWatch, register, type Watching } from "./fixture.ts";

export const watchCases: readonly RegistryCase[] = [
  {
    name: "watch() yields the present first, and says once where it ends",
    async run(open) {
      await using it = await open();
      await register(it.registry, nodeOf("a"));
      await register(it.registry, nodeOf("b", { service: "other" }));
      await it.registry.expect(greeterName);
      await using watch = await openWatch(it.registry);
      assert.deepEqual(idsOf(watch.present.slice(0, -1)).toSorted(), ["a", "b", "expected"]);
      const moments = new Set(watch.present.map(({ epoch, revision }) => `${epoch} ${revision}`));
      assert.equal(moments.size, 1, "the present is not of one moment");
      await register(it.registry, nodeOf("c"));
      assert.deepEqual(await watch.next(), { kind: "node", node: nodeOf("c") });
    },
  },
  {
    name: "watch() yields each change once, in order, each revision one above the last",
    async run(open) {
      await using it = await open();
      await using watch = await openWatch(it.registry);
      const lease = await register(it.registry, nodeOf("a", { state: "starting" }));
      await lease.update({ state: "ready" });
      const expectation = await it.registry.expect(greeterName);
      await lease[Symbol.asyncDispose]();
      await expectation[Symbol.asyncDispose]();
      const events = await watch.read(5);
      assert.deepEqual(events.map(newsOf), [
        { kind: "node", node: nodeOf("a", { state: "starting" }) },
        { kind: "node", node: nodeOf("a") },
        { kind: "expected", expected: true, ...greeterName },
        { kind: "gone", node: nodeOf("a") },
        { kind: "expected", expected: false, ...greeterName },
      ]);
      const start = watch.present[0]?.revision ?? Number.NaN;
      assert.deepEqual(
        events.map(({ revision }) => revision - start),
        [1, 2, 3, 4, 5],
      );
    },
  },
  {
    name: "watch() misses nothing and repeats nothing that races with its start",
    async run(open) {
      await using it = await open();
      const ids = Array.from({ length: 200 }, (_, index) => `n${index}`);
      const watches: Promise<Watching>[] = [];
      const registering = ids.map((id, index) => {
        if (index % 10 === 0) watches.push(openWatch(it.registry));
        return register(it.registry, nodeOf(id));
      });
      await Promise.all(registering);
      await register(it.registry, nodeOf("last"));
      for (const opening of watches) {
        await using watch = await opening;
        const missing = ids.length + 1 - (watch.present.length - 1);
        const events = [...watch.present, ...(await watch.read(missing))];
        const nodes = events.flatMap((event) => (event.kind === "node" ? [event.node.id] : []));
        assert.deepEqual(nodes.toSorted(), [...ids, "last"].toSorted());
        assert.equal(nodes.at(-1), "last");
      }
    },
  },
  {
    name: "watch() shows every reader the same",
    async run(open) {
      await using it = await open();
      await using first = await openWatch(it.registry);
      await using second = await openWatch(it.registry);
      const leases = await Promise.all(
        ["a", "b", "c"].map((id) => register(it.registry, nodeOf(id))),
      );
      await Promise.all(leases.map((lease) => lease[Symbol.asyncDispose]()));
      assert.deepEqual(await first.read(6), await second.read(6));
    },
  },
  {
    name: "watch() sees its scope only, its revisions rising",
    async run(open) {
      await using it = await open();
      await register(it.registry, nodeOf("present", { namespace: "other" }));
      await using namespace = await openWatch(it.registry, { namespace: "default" });
      await using service = await openWatch(it.registry, { service: "greeter" });
      await using both = await openWatch(it.registry, greeterName);
      await it.registry.expect({ namespace: "default", service: "trip" });
      await register(it.registry, nodeOf("elsewhere", { namespace: "other" }));
      await register(it.registry, nodeOf("here"));
      assert.deepEqual(idsOf([...namespace.present, ...(await namespace.read(2))]), [
        "present",
        "expected",
        "here",
      ]);
      assert.deepEqual(idsOf([...service.present, ...(await service.read(2))]), [
        "present",
        "present",
        "elsewhere",
        "here",
      ]);
      const [event] = await both.read(1);
      assert.deepEqual(idsOf([...both.present, ...(event ? [event] : [])]), ["present", "here"]);
      assert.equal(event?.revision, (both.present[0]?.revision ?? Number.NaN) + 3);
    },
  },
  {
    name: "every event of a registry has one epoch, and another registry has another",
    async run(open) {
      const epochs = new Set<string | undefined>();
      for (let opened = 0; opened < 2; opened++) {
        await using it = await open();
        await using first = await openWatch(it.registry);
        await register(it.registry, nodeOf("a"));
        await using second = await openWatch(it.registry);
        const events = [...first.present, ...(await first.read(1)), ...second.present];
        const here = new Set(events.map(({ epoch }) => epoch));
        assert.equal(here.size, 1);
        epochs.add(events[0]?.epoch);
      }
      assert.equal(epochs.size, 2);
    },
  },
];

function idsOf(events: readonly RegistryEvent[]): string[] {
  return events.map((event) => ("node" in event ? event.node.id : event.kind));
}
