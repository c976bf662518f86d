import assert from "node:assert/strict";
import { test } from "node:test";

import { FrameReader } from "./frame-reader.ts";
import { preface } from "./frames.ts";
import { data, frame, ping, settings } from "./test-peer.ts";

function openReader() {
  const seen: string[] = [];
  const reader = new FrameReader({
    onFrame: (type, flags, stream, bytes, start, end) => {
      seen.push(`${type} ${flags} ${stream} ${bytes.toString("latin1", start, end)}`);
    },
  });
  return { reader, seen };
}

test("FrameReader gives the same frames wherever the chunks end", () => {
  const bytes = Buffer.concat([
    preface,
    settings(),
    data(1, "first", 1),
    ping,
    frame(0xee, 0xff, 0x8000_0003 >>> 0, Buffer.from("odd")),
    data(5, "x".repeat(300)),
  ]);
  const all = [
    "4 0 0 ",
    "0 1 1 first",
    "6 0 0 12345678",
    "238 255 3 odd",
    `0 0 5 ${"x".repeat(300)}`,
  ];
  for (let size = 1; size <= bytes.length; size += 1) {
    const { reader, seen } = openReader();
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    assert.deepEqual(seen, all, `in chunks of ${size}`);
  }
});

test("FrameReader refuses another preface by its first wrong byte", () => {
  const { reader } = openReader();
  reader.push(preface.subarray(0, 10));
  assert.throws(() => reader.push(Buffer.from("x")), { http2Code: 1 });
});

test("FrameReader refuses a frame over 16 KiB by its header, before its bytes come", () => {
  const { reader, seen } = openReader();
  const header = frame(0, 0, 1, Buffer.alloc(16_385)).subarray(0, 9);
  reader.push(Buffer.concat([preface, frame(0, 0, 1, Buffer.alloc(16_384))]));
  assert.equal(seen.length, 1);
  reader.push(header.subarray(0, 8));
  assert.throws(() => reader.push(header.subarray(8)), { http2Code: 6 });
});
