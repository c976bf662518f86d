import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson } from "./digest.ts";

test("canonicalJson() sorts keys at every depth, keeps lists and leaves out undefined", () => {
  const value = { b: [2, 1, { z: 1, a: null }], a: undefined, "": "\u2028", ["__proto__"]: 1 };
  assert.equal(canonicalJson(value), '{"":"\u2028","__proto__":1,"b":[2,1,{"a":null,"z":1}]}');
});
