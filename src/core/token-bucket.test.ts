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

test("TokenBucket looks at the clock once for a thousandth of what it holds, and is as exact as that", async () => {
  const clock = createManualClock();
  let looks = 0;
  const counted = { ...clock, monotonicMs: () => ((looks += 1), clock.monotonicMs()) };
  const bucket = new TokenBucket(counted, 10_000);
  assert.equal(taken(bucket, 10_000, 20_000), 10_000);
  assert.ok(looks < 11_100, `${looks} looks, of which 10,000 found nothing`);
  await clock.advance(500);
  const half = taken(bucket, 10_000, 20_000);
  assert.ok(Math.abs(half - 5_000) <= 10, `${half}`);
});

test("TokenBucket gives back what it took ahead when the rate is another one", () => {
  const bucket = new TokenBucket(createManualClock(), 10_000);
  assert.equal(bucket.take(10_000), 0);
  assert.equal(taken(bucket, 20_000, 30_000), 9_999);
  assert.equal(bucket.take(0), Infinity);
});
