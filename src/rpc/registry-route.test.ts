import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryRegistry } from "../blocks/registry/drivers/memory.ts";
import type { ReefError } from "../core/errors.ts";
import { unhurried } from "../testing/unhurried.ts";
import { heldCallsMax } from "./registry-route.ts";
import { echoName, openFleet, type Fleet, type TestNode } from "./test-fleet.ts";

/** Work that does not end before it is told to, and says when it has begun. */
function slowly() {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const work = () => {
    begun.resolve();
    return end.promise;
  };
  return { work, begun: begun.promise, end: end.resolve };
}

async function openPair(workA?: () => unknown, workB?: () => unknown) {
  const fleet = await openFleet();
  const a = await fleet.start("a", workA);
  const b = await fleet.start("b", workB);
  return { fleet, a, b, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() };
}

/** Calls until one has been taken by this node, which does not answer yet. */
async function callOn(node: TestNode, fleet: Fleet, method: "ask" | "act") {
  for (let tries = 0; tries < 2; tries += 1) {
    const before = node.taken;
    const answer = fleet.client[method]();
    answer.catch(() => {});
    if (await Promise.race([taken(node, before), answer.then(() => false)])) return { answer };
  }
  return assert.fail(`${node.id} got no call in a full turn`);
}

async function taken(node: TestNode, before: number): Promise<boolean> {
  while (node.taken === before) await new Promise((resolve) => setImmediate(resolve));
  return true;
}

test("RegistryRoute gives each node its turn", async () => {
  await using pair = await openPair();
  const { fleet, a, b } = pair;
  for (let n = 0; n < 10; n += 1) await fleet.client.act();
  assert.deepEqual([a.taken, b.taken], [5, 5]);
});

test("RegistryRoute takes a dead node out at once, while the registry still lists it", async () => {
  await using pair = await openPair();
  const { fleet, a } = pair;
  await Promise.all([fleet.client.ask(), fleet.client.ask()]);
  a.kill();
  for (let n = 0; n < 20; n += 1) assert.deepEqual(await fleet.client.ask(), { node: "b" });
  const view = await fleet.registry.resolve(echoName);
  assert.equal(view.nodes.length, 2);
});

test("RegistryRoute tries an idempotent call again on another node when its connection is lost", async () => {
  const slow = slowly();
  await using pair = await openPair(slow.work);
  const { answer } = await callOn(pair.a, pair.fleet, "ask");
  pair.a.kill();
  assert.deepEqual(await answer, { node: "b" });
});

test("RegistryRoute fails another call in flight once, and says that it may have been executed", async () => {
  const slow = slowly();
  await using pair = await openPair(slow.work);
  const { answer } = await callOn(pair.a, pair.fleet, "act");
  const before = pair.b.taken;
  pair.a.kill();
  await assert.rejects(answer, { code: "unavailable", maybeExecuted: true });
  assert.equal(pair.b.taken, before);
});

test("RegistryRoute tries every call again that was never sent", async () => {
  await using pair = await openPair();
  const { fleet, a, b } = pair;
  a.kill();
  for (let n = 0; n < 10; n += 1) assert.deepEqual(await fleet.client.act(), { node: "b" });
  assert.equal(b.taken, 10);
});

test("RegistryRoute says that a call may have been executed when only its last attempt was not", async () => {
  await unhurried(async (factor) => {
    const slow = slowly();
    await using fleet = await openFleet();
    await fleet.expect();
    const node = await fleet.start("a", slow.work);
    const answer = fleet.client.ask(undefined, { timeoutMs: 150 * factor });
    const over = answer.then(
      () => assert.fail("it was answered"),
      ({ code, maybeExecuted }: ReefError) => {
        return { code, maybeExecuted };
      },
    );
    if ((await Promise.race([slow.begun, over])) !== undefined) return false;
    node.kill();
    assert.deepEqual(await over, { code: "deadline_exceeded", maybeExecuted: true });
    return true;
  });
});

test("RegistryRoute takes calls that cross a GOAWAY to another node, streams included", async () => {
  await using pair = await openPair();
  const { fleet, a } = pair;
  await Promise.all([fleet.client.ask(), fleet.client.ask()]);
  const stopped = a.stop();
  const answers: Promise<unknown>[] = [];
  for (let n = 0; n < 50; n += 1) {
    answers.push(fleet.client.act(), Array.fromAsync(fleet.client.many()));
    await Promise.resolve();
  }
  await Promise.all(answers);
  await stopped;
});

test("RegistryRoute does not send again what a caller streamed: a second reading would be empty", async () => {
  await using pair = await openPair();
  const { fleet, a } = pair;
  await Promise.all([fleet.client.ask(), fleet.client.ask()]);
  const stopped = a.stop();
  const outcomes: Promise<unknown>[] = [];
  async function* wheres() {
    yield { node: "caller" };
  }
  for (let n = 0; n < 50; n += 1) {
    outcomes.push(
      fleet.client.gather(wheres()).then(
        ({ node }) => assert.match(node, /^caller [ab]$/),
        (error: ReefError) => assert.equal(error.code, "unavailable"),
      ),
    );
    await Promise.resolve();
  }
  await Promise.all(outcomes);
  await stopped;
});

test("RegistryRoute holds calls for an expected service and places them when it is back", async () => {
  await using fleet = await openFleet();
  await fleet.expect();
  const first = await fleet.start("a");
  await fleet.client.act();
  await first.stop();
  const held = Array.from({ length: 10 }, () => fleet.client.act());
  await fleet.start("b");
  assert.deepEqual(
    await Promise.all(held),
    held.map(() => ({ node: "b" })),
  );
});

test("RegistryRoute ends a held call at its deadline: never executed, and it says for what it waited", async () => {
  await using fleet = await openFleet();
  await fleet.expect();
  await assert.rejects(fleet.client.act(undefined, { timeoutMs: 30 }), {
    code: "deadline_exceeded",
    maybeExecuted: false,
    message: "Cannot call echo/act: no node of echo 0.x was ready within its time limit",
  });
});

test("RegistryRoute refuses an unknown service at once", async () => {
  await using fleet = await openFleet();
  const refusal = { code: "not_found", maybeExecuted: false };
  await assert.rejects(fleet.client.act(), refusal);
  await assert.rejects(Array.fromAsync(fleet.client.many()), refusal);
});

test("RegistryRoute gives up held calls when nobody expects the service any more", async () => {
  await using fleet = await openFleet();
  const expectation = await fleet.expect();
  const held = assert.rejects(fleet.client.act(), { code: "not_found" });
  await new Promise((resolve) => setImmediate(resolve));
  await expectation[Symbol.asyncDispose]();
  await held;
});

test(`RegistryRoute holds ${heldCallsMax} calls for one service and refuses one more`, async () => {
  await using fleet = await openFleet();
  await fleet.expect();
  const { signal, abort } = abortable();
  const held = Array.from({ length: heldCallsMax }, () => fleet.client.act(undefined, { signal }));
  const ended = Promise.allSettled(held);
  await assert.rejects(fleet.client.act(), { code: "resource_exhausted", maybeExecuted: false });
  abort();
  for (const outcome of await ended) assert.equal(outcome.status, "rejected");
  // Those that were cancelled have left their places.
  const last = fleet.client.act();
  await fleet.start("a");
  assert.deepEqual(await last, { node: "a" });
});

test("RegistryRoute forgets a held call that is cancelled", async () => {
  await using fleet = await openFleet();
  await fleet.expect();
  const { signal, abort } = abortable();
  const held = fleet.client.act(undefined, { signal });
  abort();
  await assert.rejects(held, { code: "cancelled" });
  const node = await fleet.start("a");
  await fleet.client.ask();
  assert.equal(node.taken, 1);
});

test("RegistryRoute sends nothing new to a draining node, which finishes its calls", async () => {
  const slow = slowly();
  await using pair = await openPair(slow.work);
  const { fleet, a } = pair;
  const { answer } = await callOn(a, fleet, "act");
  const stopped = a.stop();
  for (let n = 0; n < 10; n += 1) assert.deepEqual(await fleet.client.act(), { node: "b" });
  slow.end();
  assert.deepEqual(await answer, { node: "a" });
  await stopped;
});

test("RegistryRoute fails no call while one of two nodes stops and starts again five times", async () => {
  await using fleet = await openFleet(createMemoryRegistry());
  await fleet.start("steady");
  let calls = 0;
  const over = new AbortController();
  const errors: unknown[] = [];
  async function caller(): Promise<void> {
    while (!over.signal.aborted) {
      await fleet.client.act().catch((error: unknown) => errors.push(error));
      calls += 1;
    }
  }
  const callers = Array.from({ length: 4 }, caller);
  for (let round = 0; round < 5; round += 1) {
    const node = await fleet.start(`restarted-${round}`);
    while (node.taken < 20) await new Promise((resolve) => setImmediate(resolve));
    await node.stop();
  }
  over.abort();
  await Promise.all(callers);
  assert.deepEqual(errors, []);
  assert(calls > 200, `${calls} calls were made`);
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

test("RegistryRoute calls nodes of the versions that are asked for", async () => {
  await using fleet = await openFleet();
  await fleet.start("one", undefined, "1.0.0");
  await fleet.start("two", undefined, "2.3.0");
  for (const [version, node] of [
    ["1.x", "one"],
    ["^2.1", "two"],
    [">=1 <2", "one"],
  ] as const) {
    const client = fleet.clientOf(version);
    for (let n = 0; n < 4; n += 1) assert.deepEqual(await client.act(), { node });
  }
  const both = fleet.clientOf("*");
  const answers = [await both.act(), await both.act()].map(({ node }) => node);
  assert.deepEqual(answers.toSorted(), ["one", "two"]);
});

test("RegistryRoute refuses a call at once when the service is there in other versions only", async () => {
  await using fleet = await openFleet();
  await fleet.expect();
  await fleet.start("one", undefined, "1.0.0");
  await fleet.start("two", undefined, "2.3.0");
  await assert.rejects(fleet.clientOf("3.x").act(), {
    code: "failed_precondition",
    maybeExecuted: false,
    message:
      "Cannot call echo: version 3.x is asked for, and only 1.0.0, 2.3.0 is there; run one beside it, or call by a contract of that version",
  });
  await assert.rejects(fleet.clientOf("^2.4").act(), { code: "failed_precondition" });
});

test("RegistryRoute holds calls for a version that restarts beside another", async () => {
  await using fleet = await openFleet();
  await fleet.expect();
  const first = await fleet.start("one", undefined, "1.0.0");
  await fleet.start("two", undefined, "2.0.0");
  const client = fleet.clientOf("1.x");
  await client.act();
  await first.stop();
  const held = client.act();
  await fleet.start("three", undefined, "2.0.0");
  await fleet.start("four", undefined, "1.0.1");
  assert.deepEqual(await held, { node: "four" });
});
