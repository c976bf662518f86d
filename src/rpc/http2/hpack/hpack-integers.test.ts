import assert from "node:assert/strict";
import { test } from "node:test";

import { HpackError } from "./hpack-error.ts";
import { integerBytes, readInteger, writeInteger } from "./hpack-integers.ts";

const read = (bytes: number[], prefixBits: number) =>
  readInteger({ bytes: Uint8Array.from(bytes), at: 0, end: bytes.length }, prefixBits);

test("readInteger() reads the examples of RFC 7541, C.1", () => {
  assert.equal(read([0b11101010], 5), 10);
  assert.equal(read([0b00011111, 0b10011010, 0b00001010], 5), 1337);
  assert.equal(read([0b00101010], 8), 42);
});

test("readInteger() reads what writeInteger() has written into as many bytes as integerBytes() says", () => {
  const values = [0, 1, 14, 15, 16, 30, 31, 62, 63, 126, 127, 128, 254, 255, 16_383, 2_097_152];
  for (const prefixBits of [4, 5, 6, 7]) {
    for (const value of values) {
      const bytes = new Uint8Array(8);
      const end = writeInteger(bytes, 0, { value, prefixBits, pattern: 0 });
      assert.equal(end, integerBytes(value, prefixBits));
      const cursor = { bytes, at: 0, end };
      assert.equal(readInteger(cursor, prefixBits), value);
      assert.equal(cursor.at, end);
    }
  }
});

test("readInteger() refuses what ends in the middle and what is longer than 4 bytes", () => {
  for (const bytes of [[], [0x7f], [0x7f, 0x80], [0x7f, 0x80, 0x80, 0x80, 0]]) {
    assert.throws(() => read(bytes, 7), HpackError);
  }
  assert.equal(read([0x7f, 0x80, 0x80, 0], 7), 127);
});
