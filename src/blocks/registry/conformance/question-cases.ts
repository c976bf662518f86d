/** Cases about asking: services, lists, contracts, expectations. */
import assert from "node:assert/strict";
import { badNames } from "../../../testing/bad-names.ts";
import type { RegistryCase } from "../conformance.ts";
import type { Registry, RegistryScope } from "../index.ts";
import {
  countSteps,
  greeter,
  greeterDigest,
  greeterName,
  nodeOf,
  openWatch,
  refused,
  register,
} from "./fixture.ts";

export const questionCases: readonly RegistryCase[] = [
  {
    name: "resolve() of a name that nobody has or could have is not expected and has no nodes",
    async run(open) {
      await using it = await open();
      await register(it.registry, nodeOf("a"));
      for (const name of ["nobody", ...badNames]) {
        const unknown = { namespace: name, service: name };
        const view = await it.registry.resolve(unknown);
        assert.deepEqual(view, { ...unknown, expected: false, nodes: [] });
        assert.deepEqual(await it.registry.list(unknown), []);
        await using watch = await openWatch(it.registry, unknown);
        assert.equal(watch.present[0]?.kind, "present");
        await refused(it.registry.contract(name), "not_found");
      }
    },
  },
  {
    name: "resolve() keeps namespaces apart, and nodes in the order in which they came",
    async run(open) {
      await using it = await open();
      await register(it.registry, nodeOf("z"));
      await register(it.registry, nodeOf("b", { namespace: "other" }));
      const lease = await register(it.registry, nodeOf("a"));
      await lease.update({ state: "draining" });
      await register(it.registry, nodeOf("c"));
      const { nodes } = await it.registry.resolve(greeterName);
      assert.deepEqual(
        nodes.map(({ id }) => id),
        ["z", "a", "c"],
      );
    },
  },
  {
    name: "resolve() does the same work however many other nodes there are",
    async run(open) {
      await using it = await open();
      await register(it.registry, nodeOf("a"));
      await registerMany(it.registry, 0, 10);
      const few = await countSteps(() => it.registry.resolve(greeterName));
      await registerMany(it.registry, 10, 10_000);
      const many = await countSteps(() => it.registry.resolve(greeterName));
      assert(many < few + 1_000, `${few} steps beside 10 nodes, ${many} beside 10,000`);
    },
  },
  {
    name: "list() is sorted by namespace, then name, in its scope",
    async run(open) {
      await using it = await open();
      const { registry } = it;
      const places = ["b/x", "a-b/c", "a/z", "a/b"] as const;
      for (const [index, place] of places.entries()) {
        const [namespace = "", service = ""] = place.split("/");
        await register(registry, nodeOf(`n${index}`, { namespace, service }));
      }
      await registry.expect({ namespace: "a", service: "e" });
      await registry.expect({ namespace: "b", service: "z" });
      const names = async (scope?: RegistryScope) => {
        return (await registry.list(scope)).map((view) => `${view.namespace}/${view.service}`);
      };
      assert.deepEqual(await names(), ["a/b", "a/e", "a/z", "a-b/c", "b/x", "b/z"]);
      assert.deepEqual(await names({ namespace: "a" }), ["a/b", "a/e", "a/z"]);
      assert.deepEqual(await names({ service: "z" }), ["a/z", "b/z"]);
      assert.deepEqual(await names({ namespace: "a", service: "z" }), ["a/z"]);
    },
  },
  {
    name: "contract() is there as long as a node promises it",
    async run(open) {
      await using it = await open();
      const first = await register(it.registry, nodeOf("a"));
      const second = await register(it.registry, nodeOf("b", { namespace: "other" }));
      assert.deepEqual(await it.registry.contract(greeterDigest), greeter);
      await first[Symbol.asyncDispose]();
      assert.deepEqual(await it.registry.contract(greeterDigest), greeter);
      await second[Symbol.asyncDispose]();
      await refused(it.registry.contract(greeterDigest), "not_found");
    },
  },
  {
    name: "expect() holds until the last of its holders ends it",
    async run(open) {
      await using it = await open();
      await using watch = await openWatch(it.registry);
      const first = await it.registry.expect(greeterName);
      const second = await it.registry.expect(greeterName);
      await first[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
      assert.equal((await it.registry.resolve(greeterName)).expected, true);
      assert.equal(second.lost.aborted, false);
      await second[Symbol.asyncDispose]();
      assert.deepEqual(await it.registry.list(), []);
      assert.deepEqual([first.lost.aborted, second.lost.aborted], [true, true]);
      assert.deepEqual(await watch.next(), { kind: "expected", expected: true, ...greeterName });
      assert.deepEqual(await watch.next(), { kind: "expected", expected: false, ...greeterName });
    },
  },
  {
    name: "expect() refuses bad names, and more than expectationsMax",
    async run(open) {
      await using it = await open({ expectationsMax: 1 });
      for (const service of badNames) {
        await refused(it.registry.expect({ namespace: "default", service }), "invalid_argument");
        await refused(it.registry.expect({ namespace: service, service: "a" }), "invalid_argument");
      }
      await it.registry.expect(greeterName);
      await refused(it.registry.expect(greeterName), "resource_exhausted");
    },
  },
];

/** Beside the one that is asked for: many nodes, in a tenth as many services. */
async function registerMany(registry: Registry, from: number, to: number): Promise<void> {
  const atOnce = 500;
  for (let start = from; start < to; start += atOnce) {
    const numbers = Array.from(
      { length: Math.min(atOnce, to - start) },
      (_, index) => start + index,
    );
    await Promise.all(
      numbers.map((n) => register(registry, nodeOf(`many-${n}`, { service: `many-${n % 1_000}` }))),
    );
  }
}
