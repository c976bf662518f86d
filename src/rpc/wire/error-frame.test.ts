import assert from "node:assert/strict";
import { test } from "node:test";

import { ReefError } from "../../core/errors.ts";
import { copyError, decodeError, encodeError, errorTextMax } from "./error-frame.ts";
import { chunkBytes } from "./frames.ts";

test("decodeError() gives back what encodeError() wrote, without the cause", () => {
  const violations = [{ path: "a", message: "no" }];
  const error = new ReefError("aborted", "Busy", {
    cause: new Error("secret"),
    reason: "busy",
    domain: "trip",
    data: { n: 1 },
    violations,
    maybeExecuted: false,
  });
  const text = encodeError(error, {});
  assert.doesNotMatch(text, /secret|stack/);
  assert.deepEqual(decodeError(text, {}).toJSON(), error.toJSON());
  assert.equal(copyError(error, {}, {}).cause, undefined);
});

test("encodeError() leaves out what makes an error longer than a frame, data first", () => {
  const violations = [{ path: "a", message: "no" }];
  const long = "é".repeat(chunkBytes);
  const withData = new ReefError("aborted", long, { data: { long }, violations });
  const decoded = decodeError(encodeError(withData, {}), {});
  assert.equal(decoded.message.length, errorTextMax);
  assert.equal(decoded.data, undefined);
  assert.deepEqual(decoded.violations, violations);
  const path = "x".repeat(chunkBytes);
  const withPlaces = new ReefError("aborted", "no", { violations: [{ path, message: "" }] });
  assert.equal(decodeError(encodeError(withPlaces, {}), {}).violations, undefined);
});

test("encodeError() sends the error without data that JSON cannot say", () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const text = encodeError(new ReefError("aborted", "Busy", { data: circular }), {});
  assert.equal(decodeError(text, {}).message, "Busy");
});

test("decodeError() makes an error of whatever came", () => {
  for (const text of ["", "{", "null", "7", '"text"', "[]"]) {
    assert(decodeError(text, {}) instanceof ReefError, text);
  }
  const newer = decodeError('{"code":"too_new","message":7}', {});
  assert.deepEqual([newer.code, newer.message, newer.maybeExecuted], ["unknown", "7", true]);
});
