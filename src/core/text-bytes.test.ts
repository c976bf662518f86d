import assert from "node:assert/strict";
import test from "node:test";

import { createRandom } from "../testing/random.ts";
import {
  base64OfBytes,
  bytesOfBase64,
  copySlice,
  decodeBase64,
  encodeBase64,
  textOfUtf8,
  utf8Length,
} from "./text-bytes.ts";

test("base64 without Node is that of Node", () => {
  const random = createRandom(1);
  for (const length of [0, 1, 2, 3, 4, 100, 20_000]) {
    const bytes = Uint8Array.from({ length }, () => Math.floor(random() * 256));
    const text = base64OfBytes(bytes);
    assert.equal(encodeBase64(bytes), text);
    assert.deepEqual(decodeBase64(text), bytes);
    const bare = text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    assert.deepEqual(decodeBase64(bare), bytesOfBase64(bare));
  }
});

test("decodeBase64() has no bytes for a length that none have", () => {
  assert.equal(decodeBase64("A"), undefined);
});

test("text and its bytes are UTF-8", () => {
  const text = "Zoë \u{1f695}";
  const bytes = new TextEncoder().encode(`x${text}x`);
  assert.equal(textOfUtf8(bytes, 1, bytes.length - 1), text);
  assert.equal(utf8Length(text), bytes.length - 2);
});

test("copySlice() copies as much as it is told, into memory that nobody else writes to", () => {
  const bytes = Buffer.from("x".repeat(100_000));
  const copies = [0, 1, 32, 33, 4_096, 4_097, 90_000].flatMap((length) =>
    Array.from({ length: 20 }, () => ({ length, copy: copySlice(bytes, 7, 7 + length) })),
  );
  bytes.fill("y");
  for (const [n, { copy }] of copies.entries()) copy.fill(n);
  for (const [n, { length, copy }] of copies.entries()) {
    assert.deepEqual(copy, new Uint8Array(length).fill(n));
  }
  assert.deepEqual(copySlice(bytes, 0, 2), new Uint8Array(2).fill(0x79));
});
