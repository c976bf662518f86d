import assert from "node:assert/strict";
import { test } from "node:test";

import { HpackDecoder } from "./hpack-decoder.ts";
import { type EncodableHeaders, encodeHeaders } from "./hpack-encoder.ts";

function decoded(headers: EncodableHeaders): readonly string[] {
  const limits = { tableBytes: 0, listBytes: 65_536, headersMax: 100 };
  return new HpackDecoder(limits).decode(encodeHeaders(headers)).fields;
}

test("encodeHeaders() writes a number for what the static table has, and the rest as it is", () => {
  const block = encodeHeaders({ ":status": 200, "content-type": "a", "x-b": "c" });
  assert.equal(block.toString("hex"), `88 0f10 0161 00 03782d62 0163`.replaceAll(" ", ""));
});

test("encodeHeaders() writes those of HTTP/2 first, names in small letters, and each of several values", () => {
  const headers = { "X-Many": ["1", "ü"], long: "x".repeat(300), ":status": 418 };
  const rest = ["x-many", "1", "x-many", "ü", "long", "x".repeat(300)];
  assert.deepEqual(decoded(headers), [":status", "418", ...rest]);
});

test("encodeHeaders() marks what is secret as never to be put into a table", () => {
  for (const name of ["authorization", "cookie", "proxy-authorization", "set-cookie"]) {
    assert.equal((encodeHeaders({ [name]: "x" })[0] ?? 0) & 0xf0, 0x10, name);
  }
  assert.equal((encodeHeaders({ server: "x" })[0] ?? 0) & 0xf0, 0);
});

test("encodeHeaders() encodes a head that cannot change only once", () => {
  const open = { ":status": 200 };
  assert.notEqual(encodeHeaders(open), encodeHeaders(open));
  const frozen = Object.freeze({ ":status": 200 });
  assert.equal(encodeHeaders(frozen), encodeHeaders(frozen));
});

test("encodeHeaders() refuses what would be another header somewhere, and what is no byte", () => {
  const invalid = { code: "invalid_argument" };
  for (const value of ["a\r\nb: c", "a\nb", "a\0b", "\x7f", "€"]) {
    assert.throws(() => encodeHeaders({ a: value }), invalid, JSON.stringify(value));
  }
  for (const name of ["", "a b", "a:", "a\n", ":", "ä"]) {
    assert.throws(() => encodeHeaders({ [name]: "a" }), invalid, JSON.stringify(name));
  }
  assert.deepEqual(decoded({ a: "\t ~\u0080ÿ" }), ["a", "\t ~\u0080ÿ"]);
});
