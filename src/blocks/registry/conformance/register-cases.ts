/** Cases about being listed: what may be, and what is refused. */
import assert from "node:assert/strict";
import type { RegistryCase } from "../conformance.ts";
import {
  badNodes,
  greeter,
  greeterDigest,
  greeterName,
  nodeOf,
  refused,
  register,
} from "./fixture.ts";

export const registerCases: readonly RegistryCase[] = [
  {
    name: "register() lists a node with everything it said",
    async run(open) {
      await using it = await open();
      const node = nodeOf("a", { state: "starting", metadata: { zone: "1" } });
      const lease = await register(it.registry, node);
      assert.deepEqual(lease.node, node);
      assert.deepEqual(await it.registry.resolve(greeterName), {
        ...greeterName,
        expected: false,
        nodes: [node],
      });
      assert.equal(lease.lost.aborted, false);
    },
  },
  {
    name: "register() refuses an id that is held, until its lease ends",
    async run(open) {
      await using it = await open();
      const lease = await register(it.registry, nodeOf("a"));
      const other = nodeOf("a", { service: "other" });
      await refused(register(it.registry, other), "already_exists");
      assert.equal((await it.registry.list()).length, 1);
      await lease[Symbol.asyncDispose]();
      await register(it.registry, other);
    },
  },
  {
    name: "register() refuses a node against the rules, and lists nothing of it",
    async run(open) {
      await using it = await open();
      for (const bad of badNodes) await refused(register(it.registry, bad), "invalid_argument");
      await refused(register(it.registry, nodeOf("a"), { leaseMs: 0 }), "invalid_argument");
      assert.deepEqual(await it.registry.list(), []);
      await refused(it.registry.contract(greeterDigest), "not_found");
    },
  },
  {
    name: "register() takes names that every object has for names like any other",
    async run(open) {
      await using it = await open();
      const node = nodeOf("constructor", { namespace: "constructor", service: "constructor" });
      const metadata = JSON.parse('{"__proto__":"a","constructor":"b","\\u001b[2J":"\\u0000"}');
      await register(it.registry, { ...node, metadata });
      const view = await it.registry.resolve({ namespace: "constructor", service: "constructor" });
      assert.deepEqual(Object.entries(view.nodes[0]?.metadata ?? {}), Object.entries(metadata));
      assert.equal(Object.hasOwn(Object.prototype, "a"), false);
    },
  },
  {
    name: "register() and what comes out of it share nothing with the caller",
    async run(open) {
      await using it = await open();
      const given = { ...nodeOf("a"), addresses: ["tcp://127.0.0.1:1"], metadata: { zone: "1" } };
      const registering = register(it.registry, given);
      given.addresses.push("tcp://127.0.0.1:2");
      given.metadata.zone = "2";
      await registering;
      const [seen] = (await it.registry.resolve(greeterName)).nodes;
      assert(seen);
      Reflect.set(seen.addresses, "0", "tcp://127.0.0.1:3");
      Reflect.set(seen.metadata, "zone", "3");
      const [again] = (await it.registry.resolve(greeterName)).nodes;
      assert.deepEqual(again?.addresses, ["tcp://127.0.0.1:1"]);
      assert.deepEqual(again?.metadata, { zone: "1" });
    },
  },
  {
    name: "register() refuses more nodes than nodesMax, and takes another when one leaves",
    async run(open) {
      await using it = await open({ nodesMax: 2 });
      const lease = await register(it.registry, nodeOf("a"));
      await register(it.registry, nodeOf("b"));
      await refused(register(it.registry, nodeOf("c")), "resource_exhausted");
      await lease[Symbol.asyncDispose]();
      await register(it.registry, nodeOf("c"));
    },
  },
  {
    name: "register() refuses a contract that is not the one of the node's digest",
    async run(open) {
      await using it = await open();
      const contract = { ...greeter, description: "Another one" };
      await refused(it.registry.register(nodeOf("a"), { contract }), "invalid_argument");
    },
  },
];
