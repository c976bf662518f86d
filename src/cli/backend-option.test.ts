import assert from "node:assert/strict";
import { test } from "node:test";
import { backendOf } from "./backend-option.ts";

const url = "postgres://reef@127.0.0.1:5432/reef";
const secret = "postgres://reef:hush@127.0.0.1:5432/reef";

test("backendOf() takes the flag, else REEF_BACKEND, else nothing", () => {
  assert.equal(backendOf({ env: { REEF_BACKEND: secret } }, url), url);
  assert.equal(backendOf({ env: { REEF_BACKEND: secret } }, undefined), secret);
  assert.equal(backendOf({ env: { REEF_BACKEND: "" } }, undefined), undefined);
  assert.equal(backendOf({ env: {} }, undefined), undefined);
});

test("backendOf() refuses a password on the command line, and never repeats what was typed", () => {
  for (const given of [secret, "postgres://reef:hush@127.0.0.1:port", "hush"]) {
    assert.throws(
      () => backendOf({ env: {} }, given),
      (error) => {
        assert(error instanceof Error && /Flag --backend must/.test(error.message));
        return !JSON.stringify(error).includes("hush") && !error.message.includes("hush");
      },
    );
  }
});
