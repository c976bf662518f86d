/** Cases about being listed: what may be, who holds it, and how it ends. */
import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import type { RegistryCase } from "../conformance.ts";
import { metadataBytesMax } from "../index.ts";
import {
  badNodes,
  greeter,
  greeterDigest,
  greeterName,
  nodeOf,
  openWatch,
  refused,
  register,
} from "./fixture.ts";

export const leaseCases: readonly RegistryCase[] = [
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
    name: "every method rejects with the reason of a signal that has fired, and does nothing",
    async run(open) {
      await using it = await open();
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      const { registry } = it;
      const lease = await register(registry, nodeOf("b"));
      const before = await registry.list();
      await assert.rejects(lease.update({ state: "draining" }, { signal }), reason);
      await assert.rejects(register(registry, nodeOf("a"), { signal }), reason);
      await assert.rejects(registry.expect(greeterName, { signal }), reason);
      await assert.rejects(registry.resolve(greeterName, { signal }), reason);
      await assert.rejects(registry.list({ signal }), reason);
      await assert.rejects(registry.contract(greeterDigest, { signal }), reason);
      assert.deepEqual(await registry.list(), before);
    },
  },
  {
    name: "every method that a signal stops midway rejects with its reason, or has done its work",
    async run(open) {
      await using it = await open();
      const { registry } = it;
      const lease = await register(registry, nodeOf("a"));
      const reason = new Error("enough");
      const calls: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
        (signal) => register(registry, nodeOf("b"), { signal }),
        (signal) => registry.expect(greeterName, { signal }),
        (signal) => registry.resolve(greeterName, { signal }),
        (signal) => registry.list({ signal }),
        (signal) => registry.contract(greeterDigest, { signal }),
        (signal) => lease.update({ state: "draining" }, { signal }),
      ];
      for (const call of calls) {
        const controller = new AbortController();
        const calling = call(controller.signal);
        controller.abort(reason);
        const [outcome] = await Promise.allSettled([calling]);
        if (outcome?.status === "rejected") assert.equal(outcome.reason, reason);
        assert.equal(getEventListeners(controller.signal, "abort").length, 0);
      }
      await lease.update({ state: "ready" });
      assert.equal(lease.node.state, "ready");
    },
  },
  {
    name: "register() grants a lease that a later signal does not end",
    async run(open) {
      await using it = await open();
      const controller = new AbortController();
      const lease = await register(it.registry, nodeOf("a"), { signal: controller.signal });
      controller.abort();
      await lease.update({ state: "draining" });
      assert.equal(lease.lost.aborted, false);
      assert.equal(getEventListeners(controller.signal, "abort").length, 0);
    },
  },
  {
    name: "update() changes state, addresses and metadata, and nothing else",
    async run(open) {
      await using it = await open();
      const lease = await register(it.registry, nodeOf("a", { state: "starting" }));
      await lease.update({ state: "ready" });
      await lease.update({ addresses: ["unix:/run/a.sock"], metadata: { zone: "2" } });
      const foreign = { id: "b", service: "other", namespace: "other", state: "draining" };
      // A caller without types can send anything.
      await lease.update(foreign as { state: "draining" });
      const changed = nodeOf("a", {
        state: "draining",
        addresses: ["unix:/run/a.sock"],
        metadata: { zone: "2" },
      });
      assert.deepEqual((await it.registry.resolve(greeterName)).nodes, [changed]);
      assert.deepEqual(lease.node, changed);
    },
  },
  {
    name: "update() refuses what breaks a rule, and the node stays as it was",
    async run(open) {
      await using it = await open();
      const lease = await register(it.registry, nodeOf("a"));
      const tooMuch = { metadata: { key: "x".repeat(metadataBytesMax) } };
      for (const bad of [{ addresses: ["unix:relative"] }, tooMuch]) {
        await refused(lease.update(bad), "invalid_argument");
      }
      assert.deepEqual((await it.registry.resolve(greeterName)).nodes, [nodeOf("a")]);
      await lease.update({ state: "draining" });
    },
  },
  {
    name: "a lease ends when it is disposed: at once, once, and with the code cancelled",
    async run(open) {
      await using it = await open();
      const lease = await register(it.registry, nodeOf("a"));
      await lease[Symbol.asyncDispose]();
      assert.deepEqual(await it.registry.list(), []);
      assert.equal(lease.lost.aborted, true);
      assert.equal(lease.lost.reason.code, "cancelled");
      await register(it.registry, nodeOf("a"));
      await lease[Symbol.asyncDispose]();
      assert.equal(
        (await it.registry.list()).length,
        1,
        "the second disposal took another node out",
      );
      await refused(lease.update({ state: "ready" }), "failed_precondition");
    },
  },
  {
    name: "a lease ends when its holder is not heard of for leaseMs, with deadline_exceeded",
    async run(open) {
      await using it = await open();
      const lease = await register(it.registry, nodeOf("a"), { leaseMs: 2_000 });
      await using watch = await openWatch(it.registry);
      await it.silence(1_900);
      assert.equal((await it.registry.list()).length, 1);
      await it.silence(200);
      assert.deepEqual(await it.registry.list(), []);
      assert.deepEqual(await watch.next(), { kind: "gone", node: nodeOf("a") });
      if (!lease.lost.aborted) await once(lease.lost, "abort");
      assert.equal(lease.lost.reason.code, "deadline_exceeded");
      await refused(lease.update({ state: "ready" }), "failed_precondition");
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
