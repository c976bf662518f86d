import assert from "node:assert/strict";
import { test } from "node:test";
import { leaseDefaultMs } from "../blocks/registry/index.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { type FollowedNews, followRegistry } from "./follow-registry.ts";
import { createCutRegistry, list, nodeOf } from "./test-nodes.ts";

/** The longest wait between two watches. */
const returnMs = 750;

async function follow() {
  const clock = createManualClock();
  const way = createCutRegistry();
  const stop = new AbortController();
  const { signal } = stop;
  const heard: string[] = [];
  const errors: unknown[] = [];
  const following = followRegistry({
    registry: way.registry,
    clock,
    signal,
    hear: (news) => heard.push(shown(news)),
    broke: (error) => errors.push(error),
  });
  await clock.settle();
  return {
    clock,
    way,
    errors,
    /** What was heard since this was asked last. */
    heard: () => heard.splice(0),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
      assert.equal(clock.pending, 0, "a timer is left behind");
    },
  };
}

function shown(news: FollowedNews): string {
  if (news.kind === "present") return "present";
  if (news.kind !== "expected") return `${news.kind} ${news.node.id}`;
  return `${news.expected ? "" : "not "}expected ${news.service}`;
}

test("followRegistry() says what a broken watch has missed, as if it had not broken", async () => {
  await using it = await follow();
  const a = await list(it.way.current, nodeOf("a"));
  const expected = await it.way.current.expect({ namespace: "default", service: "listed" });
  await it.clock.settle();
  assert.deepEqual(it.heard(), ["present", "node a", "expected listed"]);
  it.way.cut();
  await a[Symbol.asyncDispose]();
  await expected[Symbol.asyncDispose]();
  await list(it.way.current, nodeOf("b"));
  await it.clock.advance(returnMs);
  assert.deepEqual(it.heard(), ["node b", "gone a", "not expected listed", "present"]);
  assert.equal(it.errors.length, 1);
});

test("followRegistry() doubts what a restarted registry has not named, until leases would have ended", async () => {
  await using it = await follow();
  await list(it.way.current, nodeOf("a"));
  await list(it.way.current, nodeOf("b"));
  await it.clock.settle();
  it.heard();
  it.way.restart();
  await list(it.way.current, nodeOf("b"));
  await it.clock.advance(returnMs);
  assert.deepEqual(it.heard(), ["node b", "doubted a", "present"]);
  await it.clock.advance(leaseDefaultMs - returnMs);
  assert.deepEqual(it.heard(), []);
  await it.clock.advance(returnMs);
  assert.deepEqual(it.heard(), ["gone a"]);
});

test("followRegistry() that ends in a time of doubt leaves no timer behind", async () => {
  await using it = await follow();
  await list(it.way.current, nodeOf("a"));
  await it.clock.settle();
  it.way.restart();
  await it.clock.advance(returnMs);
  assert.deepEqual(it.heard().slice(-2), ["doubted a", "present"]);
});
