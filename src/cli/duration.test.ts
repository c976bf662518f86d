import assert from "node:assert/strict";
import test from "node:test";
import { durationMaxMs, formatDuration, parseDuration } from "./duration.ts";

test("parseDuration() reads a number with a unit", () => {
  const read = ["0ms", "500ms", "2s", "1.5s", "5m", "1h", "2d"].map((text) => parseDuration(text));
  assert.deepEqual(read, [0, 500, 2_000, 1_500, 300_000, 3_600_000, 172_800_000]);
});

test("parseDuration() refuses what has no unit, another unit, a sign or more than a timer can wait", () => {
  for (const text of ["", "5", "s", "5x", "-5s", "5 s", "1e3s", "5S", "1h30m", "25d", "Infinity"]) {
    assert.equal(parseDuration(text), undefined, text);
  }
  assert.ok(durationMaxMs < 2 ** 31);
  assert.deepEqual(
    [parseDuration("30d", 2_592_000_000), parseDuration("31d", 2_592_000_000)],
    [2_592_000_000, undefined],
  );
});

test("formatDuration() shows at most two units and no empty one", () => {
  const shown = [-5, 0, 999, 1_000, 60_000, 61_999, 3_600_000, 3_605_000, 90_061_000].map(
    formatDuration,
  );
  assert.deepEqual(shown, ["0ms", "0ms", "999ms", "1s", "1m", "1m 1s", "1h", "1h", "1d 1h"]);
});
