import assert from "node:assert/strict";
import { test } from "node:test";

import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { ReefError } from "../../core/errors.ts";
import { copyError, decodeError, encodeError, errorTextMax } from "./error-frame.ts";
import { chunkBytes } from "./frames.ts";

const Shop = contract("shop", {
  buy: method({ errors: { sold: { code: "aborted", data: t.object({ at: t.timestamp() }) } } }),
});
const shop = { service: "shop", errors: Shop.methods.buy.errors };
const nobody = { service: "nobody", errors: {} };

test("decodeError() reads typed data by the contract of the service that threw it, and no other", () => {
  const at = new Date(0);
  const sold = new ReefError("aborted", "Sold", { reason: "sold", domain: "shop", data: { at } });
  assert.deepEqual(decodeError(encodeError(sold, shop), shop).data, { at });
  // Another service passes it on; that it has an error of the same name says nothing.
  const namesake = { ...shop, service: "market" };
  const passedOn = decodeError(encodeError(sold, namesake), namesake);
  assert.deepEqual(passedOn.data, { at: at.toJSON() });
});

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
  const text = encodeError(error);
  assert.doesNotMatch(text, /secret|stack/);
  assert.deepEqual(decodeError(text).toJSON(), error.toJSON());
  assert.equal(copyError(error, nobody, nobody).cause, undefined);
});

test("encodeError() leaves out what makes an error longer than a frame, data first", () => {
  const violations = [{ path: "a", message: "no" }];
  const long = "é".repeat(chunkBytes);
  const withData = new ReefError("aborted", long, { data: { long }, violations });
  const decoded = decodeError(encodeError(withData));
  assert.equal(decoded.message.length, errorTextMax);
  assert.equal(decoded.data, undefined);
  assert.deepEqual(decoded.violations, violations);
  const path = "x".repeat(chunkBytes);
  const withPlaces = new ReefError("aborted", "no", { violations: [{ path, message: "" }] });
  assert.equal(decodeError(encodeError(withPlaces)).violations, undefined);
});

test("encodeError() sends the error without data that JSON cannot say", () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const text = encodeError(new ReefError("aborted", "Busy", { data: circular }));
  assert.equal(decodeError(text).message, "Busy");
});

test("decodeError() makes an error of whatever came", () => {
  for (const text of ["", "{", "null", "7", '"text"', "[]"]) {
    assert(decodeError(text) instanceof ReefError, text);
  }
  const newer = decodeError('{"code":"too_new","message":7}');
  assert.deepEqual([newer.code, newer.message, newer.maybeExecuted], ["unknown", "7", true]);
});
