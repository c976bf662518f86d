import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { duplexPair } from "node:stream";
import { test } from "node:test";

import { FrameOutput } from "./frame-output.ts";

function openOutput({ isShared = false } = {}) {
  const [own, far] = duplexPair();
  const chunks: Buffer[] = [];
  const write = own.write.bind(own);
  let writes = 0;
  own.write = (chunk: Buffer, done: unknown) => {
    writes += 1;
    // The output gives this and nothing else.
    return write(chunk, done as () => void);
  };
  far.on("data", (chunk: Buffer) => chunks.push(chunk));
  const rooms: number[] = [];
  // Of a socket, the output uses what every duplex stream has.
  const output = new FrameOutput(own as Socket, {
    isShared: () => isShared,
    onRoom: () => rooms.push(1),
    onFlush: () => {},
  });
  return { output, own, far, chunks, rooms, writes: () => writes };
}

/** Length, type, flags and stream of each. */
function framesOf(bytes: Buffer): (number | undefined)[][] {
  const seen = [];
  for (let at = 0; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    seen.push([bytes.readUIntBE(at, 3), bytes[at + 3], bytes[at + 4], bytes.readUInt32BE(at + 5)]);
  }
  return seen;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("FrameOutput writes all frames of a turn at once, and tells when they are with the system", async () => {
  const { output, chunks, writes } = openOutput({ isShared: true });
  let written = 0;
  for (let id = 1; id < 180; id += 2) {
    output.headers(id, Buffer.from([0x88]), false);
    output.data(id, Buffer.from("hi"), true);
    output.tell({ onWritten: () => (written += 1) });
  }
  await Promise.resolve();
  assert.equal(writes(), 0);
  await turn();
  await turn();
  await turn();
  assert.equal(writes(), 1);
  assert.equal(Buffer.concat(chunks).length, 90 * (10 + 11));
  assert.equal(written, 90);
});

test("FrameOutput writes at the end of the tick for a call that is alone", async () => {
  const { output, writes } = openOutput();
  output.data(1, Buffer.from("hi"), true);
  await new Promise<void>((resolve) => process.nextTick(resolve));
  assert.equal(writes(), 1);
});

test("FrameOutput goes on in CONTINUATION with headers that are too long for a frame", async () => {
  const { output, chunks } = openOutput();
  output.headers(5, Buffer.alloc(40_000, 7), true);
  await turn();
  await turn();
  await turn();
  const bytes = Buffer.concat(chunks);
  const seen = framesOf(bytes);
  assert.deepEqual(seen, [
    [16_384, 1, 1, 5],
    [16_384, 9, 0, 5],
    [7_232, 9, 4, 5],
  ]);
});

test("FrameOutput puts small parts of a stream that follow each other into one frame", async () => {
  const { output, chunks } = openOutput();
  for (const text of ["a", "b", "c"]) output.data(1, Buffer.from(text), false);
  output.data(3, Buffer.from("d"), false);
  output.data(1, Buffer.from("e"), false);
  output.windowUpdate(1, 1);
  output.data(1, Buffer.from("f"), false);
  output.data(1, Buffer.from("g"), true);
  output.flush();
  output.data(5, Buffer.alloc(16_000), false);
  output.data(5, Buffer.alloc(400), false);
  await turn();
  await turn();
  await turn();
  const seen = framesOf(Buffer.concat(chunks)).map(([length, type, flags, stream]) => {
    return `${stream}: type ${type}, ${length} bytes, flags ${flags}`;
  });
  assert.deepEqual(seen, [
    "1: type 0, 3 bytes, flags 0",
    "3: type 0, 1 bytes, flags 0",
    "1: type 0, 1 bytes, flags 0",
    "1: type 8, 4 bytes, flags 0",
    "1: type 0, 2 bytes, flags 1",
    "5: type 0, 16000 bytes, flags 0",
    "5: type 0, 400 bytes, flags 0",
  ]);
});

test("FrameOutput is full after a slab in one turn, and takes more in the next", async () => {
  const { output, rooms } = openOutput();
  const bytes = Buffer.alloc(16_000);
  let frames = 0;
  for (; !output.isFull && frames < 100; frames += 1) output.data(1, bytes, false);
  assert.ok(frames < 20, `${frames} frames were taken in one turn`);
  assert.deepEqual(rooms, []);
  for (let turns = 0; output.isFull && turns < 100; turns += 1) await turn();
  assert.equal(output.isFull, false);
  assert.ok(rooms.length > 0);
});

test("FrameOutput tells whoever waits when the socket is gone", async () => {
  const { output, own } = openOutput();
  own.destroy();
  let written = 0;
  output.data(1, Buffer.from("hi"), true);
  output.tell({ onWritten: () => (written += 1) });
  await turn();
  assert.equal(written, 1);
  output.tell({ onWritten: () => (written += 1) });
  await turn();
  assert.equal(written, 2);
});
