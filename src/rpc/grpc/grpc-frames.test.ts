import assert from "node:assert/strict";
import { test } from "node:test";

import { createRandom } from "../../testing/random.ts";
import { envelope, EnvelopeReader } from "./grpc-frames.ts";

test("EnvelopeReader gives the same messages wherever the chunks end", () => {
  const random = createRandom(3);
  const messages = Array.from({ length: 50 }, (_, n) => new Uint8Array(n * 7).fill(n));
  const all = Buffer.concat(messages.map((message, n) => envelope(n % 2, message)));
  for (let round = 0; round < 50; round += 1) {
    const reader = new EnvelopeReader(1_000);
    const seen: { flags: number; data: number[] }[] = [];
    for (let at = 0; at < all.length;) {
      const size = 1 + Math.floor(random() * 30);
      reader.push(all.subarray(at, at + size));
      at += size;
      for (let next = reader.next(); next; next = reader.next()) {
        seen.push({ flags: next.flags, data: [...next.data] });
      }
    }
    assert.deepEqual(
      seen,
      messages.map((message, n) => ({ flags: n % 2, data: [...message] })),
    );
    assert.equal(reader.begun, false);
  }
});

test("EnvelopeReader keeps what was not read when more comes", () => {
  const reader = new EnvelopeReader(10);
  reader.push(Buffer.concat([envelope(0, new Uint8Array([1])), envelope(0, new Uint8Array([2]))]));
  assert.deepEqual([...(reader.next()?.data ?? [])], [1]);
  reader.push(envelope(0, new Uint8Array([3])));
  assert.deepEqual([...(reader.next()?.data ?? [])], [2]);
  assert.deepEqual([...(reader.next()?.data ?? [])], [3]);
  assert.equal(reader.next(), undefined);
});

test("EnvelopeReader refuses a length over the limit before its bytes come", () => {
  const reader = new EnvelopeReader(10);
  reader.push(new Uint8Array([0, 0, 0, 0, 11]));
  assert.throws(() => reader.next(), { code: "resource_exhausted" });
});
