/** Cases about what is granted: how it is held, changed and ended, and what a signal does. */
import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import type { RegistryCase } from "../conformance.ts";
import { metadataBytesMax } from "../index.ts";
import { greeterDigest, greeterName, nodeOf, openWatch, refused, register } from "./fixture.ts";

export const leaseCases: readonly RegistryCase[] = [
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
];
