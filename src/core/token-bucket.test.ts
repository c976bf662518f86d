import assert from "node:assert/strict";
import { test } from "node:test";

import { createManualClock } from "../testing/manual-clock.ts";
import { TokenBucket } from "./token-bucket.ts";

function taken(bucket: TokenBucket, perSecond: number, asked: number): number {
  let count = 0;
  for (let each = 0; each < asked; each += 1) if (bucket.take(perSecond) === 0) count += 1;
  return count;
}

test("TokenBucket gives as many as a second brings, at once or evenly", async () => {
  const clock = createManualClock();
  const bucket = new TokenBucket(clock, 10);
  assert.equal(taken(bucket, 10, 30), 10);
  assert.equal(bucket.take(10), 100);
  await clock.advance(99);
  assert.ok(bucket.take(10) > 0);
  await clock.advance(1);
  assert.equal(bucket.take(10), 0);
  await clock.advance(60_000);
  assert.equal(taken(bucket, 10, 30), 10);
});

test("TokenBucket goes by the rate of now, and gives nothing at none", async () => {
  const clock = createManualClock();
  const bucket = new TokenBucket(clock, 100);
  assert.equal(taken(bucket, 2, 100), 2);
  await clock.advance(1_000);
  assert.equal(taken(bucket, 5, 100), 5);
  assert.equal(bucket.take(0), Infinity);
  await clock.advance(10_000);
  assert.equal(bucket.take(0), Infinity);
});

test("TokenBucket takes back what was not needed, and holds no more for it", async () => {
  const clock = createManualClock();
  const bucket = new TokenBucket(clock, 2);
  assert.equal(taken(bucket, 2, 2), 2);
  bucket.giveBack();
  assert.equal(taken(bucket, 2, 2), 1);
  await clock.advance(60_000);
  bucket.giveBack();
  assert.equal(taken(bucket, 2, 5), 2);
});
