/** The suite on the far side of each way to a registry, and what only a way can do: break, and fall silent. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { type Client, createClient } from "../../rpc/client.ts";
import { service } from "../../rpc/service.ts";
import { openProbe, openQuietServer, type TransportName } from "../../rpc/test-probe.ts";
import { openConnection } from "../../rpc/wire/connect.ts";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.ts";
import { registryConformance, type RegistryUnderTest } from "./conformance.ts";
import { greeter, nodeOf, openWatch, register } from "./conformance/fixture.ts";
import { RegistryContract } from "./contract.ts";
import { createMemoryRegistry } from "./drivers/memory.ts";
import { leaseMsMax, platformNamespace } from "./index.ts";
import type { Lease, Registry, RegistryLimits, WaitOptions } from "./index.ts";
import { remoteRegistry } from "./remote.ts";
import { registryService } from "./service.ts";

for (const transport of ["direct", "unix", "tcp"] as const) {
  registryConformance(`remote registry, ${transport}`, {
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

test("hold refuses a bad change in its answer, and goes on", async () => {
  await using it = await openRemote("tcp");
  const answers = it.client.hold(
    (async function* () {
      const node = { ...nodeOf("a") };
      yield { say: { register: { node, contract: JSON.parse(JSON.stringify(greeter)) } } };
      yield { say: { update: { state: "sleeping" } } };
      yield { say: { stillHere: {} } };
    })(),
  );
  const all = await Array.fromAsync(answers);
  assert.deepEqual(
    all.map(({ refused }) => refused?.code),
    [undefined, "invalid_argument", undefined],
  );
  assert.deepEqual(await it.near.list(), []);
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

test("hold refuses a node or an expectation in the namespace of the platform", async () => {
  await using it = await openRemote("tcp");
  const inside = nodeOf("a", { namespace: platformNamespace });
  const refusal = { code: "permission_denied" };
  await assert.rejects(register(it.registry, inside), refusal);
  await assert.rejects(it.registry.expect(inside), refusal);
  assert.deepEqual(await it.near.list(), []);
  await register(it.near, inside);
  assert.equal((await it.registry.resolve(inside)).nodes.length, 1);
});

test("hold ends when its caller does not say what to hold", async () => {
  await using it = await openRemote("tcp");
  const silent = new Promise<never>(() => {});
  const answers = it.client.hold({
    [Symbol.asyncIterator]: () => ({ next: () => silent }),
  });
  const first = answers.next();
  first.catch(() => {});
  while (it.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await it.clock.advance(leaseMsMax);
  await assert.rejects(first, { code: "deadline_exceeded" });
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

interface RemoteUnderTest extends RegistryUnderTest {
  readonly client: Client<typeof RegistryContract>;
  /** The registry behind the service. */
  readonly near: Registry;
  /** The clock of the service. */
  readonly clock: ManualClock;
  /** The clock of the holders. */
  readonly holders: ManualClock;
}

async function openRemote(
  transport: TransportName,
  limits: RegistryLimits = {},
): Promise<RemoteUnderTest> {
  const near = createMemoryRegistry(limits);
  const clock = createManualClock();
  const holders = createManualClock();
  const fixture = await openProbe(transport, [registryService(near, { clock })]);
  const client = fixture.client(RegistryContract);
  return {
    client,
    near,
    clock,
    holders,
    registry: remoteRegistry(client, { clock: holders }),
    silence: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

/** The same client, but of what is held only the first answer comes through. */
function hearingOnce(client: Client<typeof RegistryContract>): Client<typeof RegistryContract> {
  return {
    ...client,
    async *hold(messages, options) {
      for await (const answer of client.hold(messages, options)) {
        yield answer;
        await new Promise(() => {});
      }
    },
  };
}

/** A way to a TCP address that breaks without a word. */
async function openCuttable(address: string) {
  const { hostname: host, port } = new URL(address);
  const sockets = new Set<Socket>();
  const server = createServer((inside) => {
    const outside = connect(Number(port), host);
    for (const socket of [inside, outside]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
    inside.pipe(outside);
    outside.pipe(inside);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // A TCP server that listens has one.
  const own = server.address() as AddressInfo;
  const cut = () => sockets.forEach((socket) => socket.resetAndDestroy());
  return {
    address: `tcp://127.0.0.1:${own.port}`,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
