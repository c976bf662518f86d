import assert from "node:assert/strict";
import { test } from "node:test";

import { nodeOf } from "../test-nodes.ts";
import { randomNode, roundRobin } from "./balance.ts";

const nodes = ["a", "b", "c"].map((id) => nodeOf(id));

test("roundRobin() gives each node its turn, wherever chance lets it begin", () => {
  for (const random of [0, 0.4, 0.999]) {
    const balance = roundRobin(() => random);
    const picked = Array.from({ length: 30 }, (_, turn) => balance(nodes, turn).id);
    assert.equal(new Set(picked.slice(0, 3)).size, 3);
    assert.deepEqual(picked.slice(0, 27), picked.slice(3));
  }
});

test("roundRobin() lets programs that make one call each begin at different nodes", () => {
  const first = [0, 1 / 65_536, 2 / 65_536].map((chance) => roundRobin(() => chance)(nodes, 0).id);
  assert.equal(new Set(first).size, 3);
});

test("randomNode() picks by chance alone", () => {
  const chances = [0, 0.34, 0.67, 0.999];
  const balance = randomNode(() => chances.shift() ?? 0);
  assert.deepEqual(
    [0, 0, 0, 0].map((turn) => balance(nodes, turn).id),
    ["a", "b", "c", "c"],
  );
});
