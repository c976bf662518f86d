import assert from "node:assert/strict";
import { test } from "node:test";

import { formatGrpcTimeout, parseConnectTimeout, parseGrpcTimeout } from "./grpc-timeout.ts";

test("parseGrpcTimeout() knows every unit, and nothing else", () => {
  const all = { "1H": 3_600_000, "2M": 120_000, "3S": 3_000, "4m": 4, "5000u": 5, "6000000n": 6 };
  for (const [text, ms] of Object.entries(all)) assert.equal(parseGrpcTimeout(text), ms);
  for (const text of ["", "m", "1", "-1m", "1.5S", "123456789m", "1x"]) {
    assert.throws(() => parseGrpcTimeout(text), { code: "invalid_argument" });
  }
  assert.throws(() => parseConnectTimeout("1s"), { code: "invalid_argument" });
});

test("formatGrpcTimeout() gives at least what it was given, in eight digits", () => {
  for (const ms of [0, 0.2, 1, 99_999_999, 100_000_000, 1e13, 1e15]) {
    const text = formatGrpcTimeout(ms);
    assert.match(text, /^\d{1,8}[mSH]$/);
    if (ms <= 3.5e14) assert.ok(parseGrpcTimeout(text) >= ms, text);
  }
});
