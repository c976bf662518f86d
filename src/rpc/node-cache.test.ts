import assert from "node:assert/strict";
import { test } from "node:test";

import { leaseDefaultMs, type Registry } from "../blocks/registry/index.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { callContext } from "./context.ts";
import { openNodeCache } from "./node-cache.ts";
import type { ServerCall } from "./server-call.ts";
import { createCutRegistry, list, listedName, nodeOf } from "./test-nodes.ts";

/** The longest wait between two watches. */
const returnMs = 750;

async function openCache() {
  const clock = createManualClock();
  const way = createCutRegistry();
  const cache = openNodeCache({ registry: way.registry, clock });
  const find = () => cache.find(listedName.namespace, listedName.service);
  function ready(): string[] {
    let ids: string[] = [];
    find()?.pick((nodes) => {
      ids = nodes.map(({ id }) => id);
      return nodes[0] ?? assert.fail("never empty");
    });
    return ids;
  }
  return {
    clock,
    way,
    find,
    ready,
    cache,
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
}

test("openNodeCache() knows of nobody that they are not there before it has heard of all", async () => {
  await using it = await openCache();
  assert.equal(it.find()?.unknown, false);
  await it.clock.settle();
  assert.equal(it.find(), undefined);
});

test("openNodeCache() watches outside of the call that opened it, whose deadline is not the watch's", async () => {
  const way = createCutRegistry();
  const clock = createManualClock();
  const contexts: unknown[] = [];
  const registry: Registry = {
    ...way.registry,
    watch(scope) {
      contexts.push(callContext.getStore());
      return way.registry.watch(scope);
    },
  };
  // All that counts is that some call is being handled.
  const call = { deadlineAt: 0 } as ServerCall;
  await using cache = callContext.run(call, () => openNodeCache({ registry, clock }));
  await list(way.current, nodeOf("a"));
  await clock.settle();
  assert(cache.find(listedName.namespace, listedName.service));
  assert.deepEqual(contexts, [undefined]);
});

test("openNodeCache() tells the present first, then follows each change", async () => {
  await using it = await openCache();
  const a = await list(it.way.current, nodeOf("a"));
  await it.clock.settle();
  assert.deepEqual(it.ready(), ["a"]);
  await list(it.way.current, nodeOf("b"));
  await a.update({ state: "draining" });
  await it.clock.settle();
  assert.deepEqual(it.ready(), ["b"]);
});

test("openNodeCache() forgets names that are gone, so that they do not add up", async () => {
  await using it = await openCache();
  await it.clock.settle();
  const lease = await list(it.way.current, nodeOf("a"));
  await it.clock.settle();
  assert(it.find());
  await lease[Symbol.asyncDispose]();
  await it.clock.settle();
  assert.equal(it.find(), undefined);
});

test("openNodeCache() keeps what it knows while it cannot watch, and watches again", async () => {
  await using it = await openCache();
  await list(it.way.current, nodeOf("a"));
  await it.clock.settle();
  it.way.cut();
  await it.clock.settle();
  assert.deepEqual(it.ready(), ["a"]);
  await list(it.way.current, nodeOf("b"));
  await it.clock.advance(returnMs);
  assert.deepEqual(it.ready(), ["a", "b"]);
});

test("openNodeCache() drops what the same registry does not repeat", async () => {
  await using it = await openCache();
  const gone = await list(it.way.current, nodeOf("a"));
  await list(it.way.current, nodeOf("b"));
  const expectation = await it.way.current.expect({ ...listedName, service: "other" });
  await it.clock.settle();
  it.way.cut();
  await gone[Symbol.asyncDispose]();
  await expectation[Symbol.asyncDispose]();
  await it.clock.advance(returnMs);
  assert.deepEqual(it.ready(), ["b"]);
  assert.equal(it.cache.find("default", "other"), undefined);
});

test("openNodeCache() keeps the nodes of a restarted registry for their lease time", async () => {
  await using it = await openCache();
  await list(it.way.current, nodeOf("a"));
  await list(it.way.current, nodeOf("b"));
  await it.way.current.expect({ ...listedName, service: "other" });
  await it.clock.settle();
  it.way.restart();
  await it.clock.advance(returnMs);
  await list(it.way.current, nodeOf("b"));
  await it.clock.advance(leaseDefaultMs - returnMs);
  assert.deepEqual(it.ready(), ["a", "b"]);
  assert(it.cache.find("default", "other"));
  await it.clock.advance(returnMs);
  assert.deepEqual(it.ready(), ["b"]);
  assert.equal(it.cache.find("default", "other"), undefined);
});

test("openNodeCache() drops a node of a restarted registry when it refuses", async () => {
  await using it = await openCache();
  await list(it.way.current, nodeOf("a"));
  await it.clock.settle();
  it.way.restart();
  await it.clock.advance(returnMs);
  it.find()?.refused("a");
  await it.clock.advance(returnMs);
  assert.deepEqual(it.ready(), []);
});

test("openNodeCache() keeps them too when the first watch of the restarted registry breaks", async () => {
  await using it = await openCache();
  await list(it.way.current, nodeOf("a"));
  await it.clock.settle();
  it.way.restart();
  await it.clock.advance(returnMs);
  it.way.cut();
  await it.clock.advance(returnMs);
  assert.deepEqual(it.ready(), ["a"]);
  await it.clock.advance(leaseDefaultMs);
  assert.deepEqual(it.ready(), []);
});

test("openNodeCache() leaves no timer behind when it is disposed", async () => {
  const it = await openCache();
  await it.clock.settle();
  it.way.cut();
  await it.clock.settle();
  assert.equal(it.clock.pending, 1);
  await it.cache[Symbol.asyncDispose]();
  assert.equal(it.clock.pending, 0);
});
