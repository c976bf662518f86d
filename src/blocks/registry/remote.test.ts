/** The suite on the far side of each way to a registry, and what only a way can do: break, and fall silent. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { createClient } from "../../rpc/client.ts";
import { service } from "../../rpc/service.ts";
import { openCuttable } from "../../rpc/test-cuttable.ts";
import { openProbe, openQuietServer } from "../../rpc/test-probe.ts";
import { openConnection } from "../../rpc/wire/connect.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { registryConformance } from "./conformance.ts";
import { nodeOf, openWatch, register } from "./conformance/fixture.ts";
import { RegistryContract } from "./contract.ts";
import { createMemoryRegistry } from "./drivers/memory.ts";
import type { Lease, Registry, WaitOptions } from "./index.ts";
import { remoteRegistry } from "./remote.ts";
import { hearingOnce, openRemote } from "./remote/test-remote.ts";
import { registryService } from "./service.ts";

for (const transport of ["direct", "unix", "tcp"] as const) {
  registryConformance(`remote registry on memory, ${transport}`, {
    open: (limits) => openRemote(transport, limits),
  });
}

test("a lease lives as long as its holder is heard", async () => {
  await using it = await openRemote("direct");
  const lease = await register(it.registry, nodeOf("a"), { leaseMs: 3_000 });
  const expectation = await it.registry.expect({ namespace: "default", service: "greeter" });
  for (let seconds = 0; seconds < 30; seconds++) {
    await it.holders.advance(1_000);
    await it.silence(1_000);
  }
  assert.equal((await it.near.list())[0]?.nodes.length, 1);
  assert.deepEqual([lease.lost.aborted, expectation.lost.aborted], [false, false]);
});

test("an expectation ends when its holder is not heard of for leaseMs", async () => {
  await using it = await openRemote("tcp");
  const name = { namespace: "default", service: "greeter" };
  const expectation = await it.registry.expect(name, { leaseMs: 2_000 });
  await it.silence(2_000);
  if (!expectation.lost.aborted) await once(expectation.lost, "abort");
  assert.equal(expectation.lost.reason.code, "deadline_exceeded");
  assert.equal((await it.near.resolve(name)).expected, false);
});

test("a lease ends when its holder does not hear of the registry for leaseMs", async () => {
  await using it = await openRemote("direct");
  const holders = createManualClock();
  const deaf = remoteRegistry(hearingOnce(it.client), { clock: holders });
  const lease = await register(deaf, nodeOf("a"), { leaseMs: 3_000 });
  await holders.advance(3_000);
  assert.equal(lease.lost.aborted, false);
  await holders.advance(1_000);
  assert.equal(lease.lost.reason.code, "unavailable");
  assert.equal(holders.pending, 0);
});

test("a lost connection ends what was held through it, on both sides", async () => {
  const near = createMemoryRegistry();
  await using server = await openQuietServer([registryService(near)], ["tcp://127.0.0.1:0"]);
  await using wire = await openCuttable(server.addresses[0] ?? assert.fail("no address"));
  await using route = await openConnection(wire.address);
  const registry = remoteRegistry(
    createClient(RegistryContract, { route, deadlines: new DeadlineSweep() }),
  );
  await using nearby = await openWatch(near);
  const far = await openWatch(registry);
  const lease = await register(registry, nodeOf("a"));
  const expectation = await registry.expect({ namespace: "default", service: "trip" });
  assert.deepEqual(await nearby.read(2), await far.read(2));

  wire.cut();
  await assert.rejects(far.read(1), { code: "unavailable" });
  for (const { lost } of [lease, expectation]) {
    if (!lost.aborted) await once(lost, "abort");
    assert.equal(lost.reason.code, "unavailable");
  }
  await assert.rejects(lease.update({ state: "draining" }), { code: "failed_precondition" });
  await nearby.read(2);
  assert.deepEqual(await near.list(), []);
});

test("a lease outlives the call in which it was asked for", async () => {
  await using it = await openRemote("tcp");
  const granted = Promise.withResolvers<Lease>();
  const cancelled = Promise.withResolvers<void>();
  const Asker = contract("asker", { ask: method({}) });
  const asker = service(Asker, {
    async ask(_input, { signal }) {
      granted.resolve(await register(it.registry, nodeOf("a")));
      await once(signal, "abort");
      cancelled.resolve();
      return {};
    },
  });
  await using probe = await openProbe("tcp", [asker]);
  const controller = new AbortController();
  const asking = probe.client(Asker).ask({}, { signal: controller.signal });
  const lease = await granted.promise;
  controller.abort();
  await assert.rejects(asking, { code: "cancelled" });
  await cancelled.promise;
  await lease.update({ state: "draining" });
});

test("a signal that fires midway ends the waiting on both sides", async () => {
  let started = Promise.withResolvers<AbortSignal>();
  async function never({ signal }: WaitOptions = {}): Promise<never> {
    assert(signal, "the service gives no signal");
    started.resolve(signal);
    await once(signal, "abort");
    throw signal.reason;
  }
  const slow: Registry = {
    register: (_node, options) => never(options),
    expect: (_name, options) => never(options),
    resolve: (_name, options) => never(options),
    list: never,
    contract: (_digest, options) => never(options),
    watch: () => assert.fail("nobody watches"),
  };
  await using probe = await openProbe("tcp", [registryService(slow)]);
  const registry = remoteRegistry(probe.client(RegistryContract));
  const name = { namespace: "default", service: "greeter" };
  const calls: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
    (signal) => register(registry, nodeOf("a"), { signal }),
    (signal) => registry.expect(name, { signal }),
    (signal) => registry.resolve(name, { signal }),
    (signal) => registry.list({ signal }),
    (signal) => registry.contract("", { signal }),
  ];
  for (const call of calls) {
    started = Promise.withResolvers();
    const controller = new AbortController();
    const calling = call(controller.signal);
    const far = await started.promise;
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(calling, reason);
    if (!far.aborted) await once(far, "abort");
  }
});

test("update() that a signal stops midway is said all the same", async () => {
  await using it = await openRemote("tcp");
  const lease = await register(it.registry, nodeOf("a"));
  await using watch = await openWatch(it.near);
  const controller = new AbortController();
  const updating = lease.update({ state: "draining" }, { signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(updating, reason);
  assert.deepEqual(await watch.next(), { kind: "node", node: nodeOf("a", { state: "draining" }) });
  await lease.update({});
  assert.equal(lease.node.state, "draining");
});

test("a holder that says too much at once is told so, and keeps what it holds", async () => {
  await using it = await openRemote("tcp");
  const lease = await register(it.registry, nodeOf("a"));
  const updates = Array.from({ length: 200 }, () => lease.update({ state: "draining" }));
  const outcomes = await Promise.allSettled(updates);
  const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  assert(refused.length > 0 && refused.length < updates.length, `${refused.length} were refused`);
  for (const { code, maybeExecuted } of refused) {
    assert.deepEqual([code, maybeExecuted], ["resource_exhausted", false]);
  }
  await lease.update({ state: "ready" });
});
