import assert from "node:assert/strict";
import { test } from "node:test";

import { rangeOf } from "../contract/version-range.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { NodeSet } from "./node-set.ts";
import { nodeOf } from "./test-nodes.ts";
import type { Transport } from "./transport.ts";

/** Longer than the first suspicion with its jitter, and shorter than the second without. */
const onceMs = 40;

function openSet(...ids: string[]) {
  const clock = createManualClock();
  const set = new NodeSet(clock, true);
  for (const id of ids) set.put(nodeOf(id));
  return { clock, set };
}

/** The nodes that take calls. */
function ready(set: NodeSet): string[] {
  let ids: string[] = [];
  set.pick((nodes) => {
    ids = nodes.map(({ id }) => id);
    return nodes[0] ?? assert.fail("picks from a list that is never empty");
  });
  return ids;
}

/** A connection that ends when it is told to. */
function connection() {
  const ended = Promise.withResolvers<void>();
  const transport: Transport = {
    usable: true,
    send: () => assert.fail("nothing is sent here"),
    ended: ended.promise,
    closed: ended.promise,
    [Symbol.asyncDispose]: async () => {},
  };
  return { transport, end: ended.resolve };
}

test("NodeSet picks among ready nodes only", () => {
  const { set } = openSet("a", "b");
  set.put(nodeOf("b", { state: "draining" }));
  set.put(nodeOf("c", { state: "starting" }));
  assert.deepEqual(ready(set), ["a"]);
  set.remove("a");
  assert.equal(
    set.pick(() => assert.fail("there is none")),
    undefined,
  );
});

test("NodeSet leaves a node alone that refused, for longer each time", async () => {
  const { set, clock } = openSet("a", "b");
  set.refused("a");
  assert.deepEqual(ready(set), ["b"]);
  await clock.advance(onceMs);
  assert.deepEqual(ready(set), ["a", "b"]);
  set.refused("a");
  await clock.advance(onceMs);
  assert.deepEqual(ready(set), ["b"]);
  await clock.advance(onceMs);
  assert.deepEqual(ready(set), ["a", "b"]);
  for (let failures = 0; failures < 20; failures += 1) {
    set.refused("a");
    await clock.advance(3_000);
    assert.deepEqual(ready(set), ["a", "b"], "never for longer than 3 s");
  }
});

test("NodeSet takes a node out when its connection ends", async () => {
  const { set, clock } = openSet("a");
  const { transport, end } = connection();
  set.connected("a", transport);
  assert.equal(set.transport("a"), transport);
  end();
  await clock.settle();
  assert.equal(set.transport("a"), undefined);
  assert.deepEqual(ready(set), []);
});

test("NodeSet trusts a node again whose connection held, and no other", async () => {
  for (const [heldMs, backSoon] of [
    [0, false],
    [10_000, true],
  ] as const) {
    const { set, clock } = openSet("a");
    set.refused("a");
    await clock.advance(onceMs);
    const { transport, end } = connection();
    set.connected("a", transport);
    await clock.advance(heldMs);
    end();
    await clock.advance(onceMs);
    assert.deepEqual(ready(set), backSoon ? ["a"] : []);
  }
});

test("NodeSet trusts a node of which the registry has news", () => {
  const { set, clock } = openSet("a");
  set.refused("a");
  set.put(nodeOf("a"));
  assert.deepEqual(ready(set), ["a"]);
  assert.equal(clock.pending, 0);
});

test("NodeSet ignores the end of a connection that was replaced", async () => {
  const { set, clock } = openSet("a");
  const [old, fresh] = [connection(), connection()];
  set.connected("a", old.transport);
  set.connected("a", fresh.transport);
  old.end();
  await clock.settle();
  assert.deepEqual(ready(set), ["a"]);
});

test("NodeSet drops a doubted node when it refuses", () => {
  const { set, clock } = openSet("a", "b");
  for (const id of ["a", "b"]) set.doubt(id);
  set.put(nodeOf("b"));
  assert.deepEqual(ready(set), ["a", "b"]);
  set.refused("a");
  set.refused("b");
  assert.equal(clock.pending, 1, "b is only suspect");
  set.remove("b");
  assert.equal(clock.pending, 0);
});

test("NodeSet wakes who waits when a node is ready or none is to be expected, and not for less", () => {
  const { set } = openSet();
  const woken: string[] = [];
  set.expect(true);
  set.wait(() => woken.push("a"));
  const forget = set.wait(() => woken.push("b"));
  forget();
  set.put(nodeOf("a", { state: "starting" }));
  assert.equal(woken.length, 0);
  set.put(nodeOf("a"));
  assert.equal(woken.join(), "a");
  set.remove("a");
  set.wait(() => woken.push("c"));
  set.expect(false);
  assert.equal(woken.join(), "a,c");
  assert.equal(set.waiting, 0);
});

test("NodeSet says nothing before it is settled", () => {
  const set = new NodeSet(createManualClock(), false);
  assert.equal(set.unknown, false);
  set.put(nodeOf("a"));
  assert.deepEqual(ready(set), []);
  set.settle();
  assert.deepEqual(ready(set), ["a"]);
});

test("NodeSet takes a version that left to come back while the service is expected, and not for ever", async () => {
  const { set, clock } = openSet();
  const one = rangeOf("1.0.0");
  set.put(nodeOf("a", { version: "1.0.0" }));
  set.put(nodeOf("b", { version: "2.0.0" }));
  assert.equal(set.others(one), undefined);
  set.remove("a");
  assert.deepEqual(set.others(one), ["2.0.0"]);
  set.expect(true);
  assert.equal(set.others(one), undefined);
  let woken = 0;
  set.wait(() => (woken += 1), one);
  set.put(nodeOf("c", { version: "2.0.0" }));
  assert.equal(woken, 0);
  await clock.advance(60_001);
  assert.deepEqual(set.others(one), ["2.0.0"]);
  set.put(nodeOf("d", { version: "2.0.0" }));
  assert.equal(woken, 1);
});
