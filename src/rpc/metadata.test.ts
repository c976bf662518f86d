import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeMetadata, encodeMetadata, metadataNamesMax } from "./metadata.ts";
import { headerFieldBytesMax } from "./wire/frames.ts";

test("decodeMetadata() gives back what encodeMetadata() wrote", () => {
  const metadata = { "x-request": "7 ✓", ["__proto__"]: "text", empty: "" };
  const decoded = decodeMetadata(encodeMetadata(metadata));
  assert.deepEqual(Object.entries(decoded), Object.entries(metadata));
  assert.equal(Object.getPrototypeOf(decoded), null);
});

test("encodeMetadata() refuses bad names, other values than text, and too much", () => {
  const refused = { code: "invalid_argument", maybeExecuted: false };
  for (const name of ["", "Upper", "space here", "é", "x".repeat(129)]) {
    assert.throws(() => encodeMetadata({ [name]: "" }), refused, name);
  }
  assert.throws(() => encodeMetadata({ n: 7 as unknown as string }), refused);
  assert.throws(() => encodeMetadata({ long: "é".repeat(headerFieldBytesMax / 2) }), refused);
  const names = Array.from({ length: metadataNamesMax + 1 }, (_, n) => [`n${n}`, ""]);
  assert.throws(() => encodeMetadata(Object.fromEntries(names)), refused);
  assert.equal(typeof encodeMetadata(Object.fromEntries(names.slice(1))), "string");
});

test("decodeMetadata() leaves out what is none, and says so when nothing can be read", () => {
  assert.deepEqual({ ...decodeMetadata('{"a":"1","B":"2","c":3,"d":null}') }, { a: "1" });
  for (const text of ["null", "7", "[]"]) assert.deepEqual({ ...decodeMetadata(text) }, {});
  assert.throws(() => decodeMetadata("{"), { code: "invalid_argument" });
});
