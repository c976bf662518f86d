import assert from "node:assert/strict";
import { test } from "node:test";

import { ReefError } from "../../core/errors.ts";
import {
  decodeStatusDetails,
  encodeStatusDetails,
  fromConnectError,
  toConnectError,
} from "./status-details.ts";

const error = new ReefError("invalid_argument", "wrong", {
  reason: "odd",
  domain: "greeter",
  data: { n: 1 },
  violations: [{ path: "a.b", message: "too big" }],
  maybeExecuted: false,
});

test("status details say of an error what code and text do not, in gRPC and in Connect", () => {
  const details = encodeStatusDetails(error);
  assert.deepEqual(
    decodeStatusDetails("invalid_argument", "wrong", details).toJSON(),
    error.toJSON(),
  );
  const json: unknown = JSON.parse(JSON.stringify(toConnectError(error)));
  assert.deepEqual(fromConnectError(json, "unknown").toJSON(), error.toJSON());
});

test("encodeStatusDetails() gives nothing for an error that says no more, and drops data that is too long", () => {
  assert.equal(encodeStatusDetails(new ReefError("not_found", "no")), undefined);
  const long = new ReefError("aborted", "", { reason: "r", domain: "d", data: "x".repeat(9_000) });
  const read = decodeStatusDetails("aborted", "", encodeStatusDetails(long));
  assert.deepEqual([read.reason, read.data], ["r", undefined]);
});

test("toConnectError() has room for data that no header holds, and drops what is longer than a body", () => {
  for (const [length, kept] of [
    [9_000, true],
    [50_000, false],
  ] as const) {
    const data = "x".repeat(length);
    const long = new ReefError("aborted", "", { reason: "r", domain: "d", data });
    const read = fromConnectError(toConnectError(long), "unknown");
    assert.deepEqual([read.reason, read.data], ["r", kept ? data : undefined]);
  }
});

test("decodeStatusDetails() makes an error of whatever bytes there are", () => {
  for (const bytes of [[], [0x1a, 0xff], [0xff, 0xff, 0xff], [0x1a, 2, 0x0a, 9]]) {
    const read = decodeStatusDetails("aborted", "text", Uint8Array.from(bytes));
    assert.deepEqual([read.code, read.message, read.reason], ["aborted", "text", undefined]);
  }
});
