import assert from "node:assert/strict";
import { test } from "node:test";
import { codes, errorFromData, grpcStatus, ReefError } from "./errors.ts";

test("from() keeps what it knows and names what it does not", () => {
  const own = new ReefError("aborted", "Busy");
  assert.equal(ReefError.from(own), own);
  assert.equal(ReefError.from(AbortSignal.abort().reason).code, "cancelled");
  assert.equal(ReefError.from(new DOMException("", "TimeoutError")).code, "deadline_exceeded");
  const cause = new RangeError("too far");
  const wrapped = ReefError.from(cause);
  assert.deepEqual([wrapped.code, wrapped.message, wrapped.cause], ["unknown", "too far", cause]);
  for (const thrown of [undefined, null, "text", 7]) {
    assert.equal(ReefError.from(thrown).message, String(thrown));
  }
});

test("toJSON() says what is set, never stack or cause, and errorFromData() reads it", () => {
  const error = new ReefError("not_found", "Gone", {
    cause: new Error("secret"),
    reason: "nobody",
    domain: "greeter",
    data: { name: "Ann" },
    maybeExecuted: false,
  });
  const text = JSON.stringify(error);
  assert.doesNotMatch(text, /secret|stack|violations/);
  assert.deepEqual(errorFromData(JSON.parse(text)).toJSON(), error.toJSON());
  assert.equal(new ReefError("internal", "").maybeExecuted, true);
});

test("errorFromData() makes `unknown` of the code of a newer peer", () => {
  const read = errorFromData({ code: "brand_new" as "unknown" });
  assert.deepEqual([read.code, read.message], ["unknown", "No message"]);
});

test("grpcStatus() gives the numbers of gRPC", () => {
  assert.deepEqual(
    [grpcStatus("cancelled"), grpcStatus("unavailable"), grpcStatus("unauthenticated")],
    [1, 14, 16],
  );
  assert.equal(new Set(codes.map(grpcStatus)).size, 16);
});
