import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "./random.ts";

test("createRandom() gives the same numbers for the same seed, and others for another", () => {
  const numbers = (seed: number) => Array.from({ length: 100 }, createRandom(seed));
  assert.deepEqual(numbers(7), numbers(7));
  assert.notDeepEqual(numbers(7), numbers(8));
  assert(numbers(7).every((number) => number >= 0 && number < 1));
  const mean = numbers(7).reduce((sum, number) => sum + number, 0) / 100;
  assert(mean > 0.4 && mean < 0.6, `${mean}`);
});
