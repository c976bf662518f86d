import assert from "node:assert/strict";
import { test } from "node:test";
import { Histogram, median } from "./statistics.ts";

test("median() is the middle value whatever the order", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([10, 9, 100]), 10);
});

test("median() is the mean of the two in the middle of an even number", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test("median() of nothing is not a number", () => {
  assert.ok(Number.isNaN(median([])));
});

test("Histogram.percentile() finds each percentile to a percent", () => {
  const histogram = new Histogram();
  for (let ms = 1; ms <= 1_000; ms++) histogram.add(ms);
  assert.equal(histogram.count, 1_000);
  for (const percent of [1, 50, 99, 100]) {
    const found = histogram.percentile(percent);
    const exact = percent * 10;
    assert.ok(Math.abs(found / exact - 1) < 0.01, `${percent} %: ${found} instead of ${exact}`);
  }
});

test("Histogram.percentile() keeps a rare slow call out of the median and in the last percent", () => {
  const histogram = new Histogram();
  for (let i = 0; i < 97; i++) histogram.add(0.2);
  for (let i = 0; i < 3; i++) histogram.add(500);
  assert.ok(Math.abs(histogram.percentile(50) / 0.2 - 1) < 0.01);
  assert.ok(Math.abs(histogram.percentile(97) / 0.2 - 1) < 0.01);
  assert.ok(Math.abs(histogram.percentile(99) / 500 - 1) < 0.01);
});

test("Histogram.percentile() counts what is outside its range at its ends", () => {
  const histogram = new Histogram();
  histogram.add(0);
  assert.equal(histogram.percentile(50), 0.0001);
  histogram.add(1e12);
  assert.ok(histogram.percentile(100) > 100_000);
});

test("Histogram.percentile() of nothing is not a number", () => {
  assert.ok(Number.isNaN(new Histogram().percentile(50)));
});

test("Histogram.addAll() has the percentiles of both", () => {
  const sum = new Histogram();
  for (const ms of [1, 500]) {
    const one = new Histogram();
    for (let i = 0; i < 50; i++) one.add(ms);
    // As it comes from another process.
    sum.addAll(JSON.parse(JSON.stringify(one.latencies())));
  }
  assert.equal(sum.count, 100);
  assert.ok(Math.abs(sum.percentile(50) - 1) < 0.01);
  assert.ok(Math.abs(sum.percentile(51) / 500 - 1) < 0.01);
});
