import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "./backoff.ts";

test("backoffMs() doubles from the base to the limit and stays there", () => {
  const plain = [1, 2, 3, 4, 5, 6, 1_000].map((failures) =>
    backoffMs(failures, { baseMs: 10, maxMs: 100, jitter: 0 }),
  );
  assert.deepEqual(plain, [10, 20, 40, 80, 100, 100, 100]);
});

test("backoffMs() adds jitter up to its share", () => {
  const options = { baseMs: 100, jitter: 0.5 };
  assert.equal(backoffMs(1, { ...options, random: () => 0 }), 100);
  assert.equal(backoffMs(1, { ...options, random: () => 0.5 }), 125);
  assert.equal(backoffMs(1_000, { ...options, maxMs: 1_000, random: () => 1 }), 1_500);
});
