import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { flag, frame, partialsMax } from "./frames.ts";
import { FrameReader } from "./frame-reader.ts";
import { rawFrame } from "./test-raw-peer.ts";

const more = { flags: flag.more, payload: Buffer.from("ab") };

/** What is really in use: without a collection it would be what nobody has swept up yet. */
function keptBytes(): number {
  setFlagsFromString("--expose-gc");
  // The flag makes this name known to new contexts.
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

function open(wants: (type: number, call: number) => boolean = () => true) {
  const seen: string[] = [];
  const reader = new FrameReader(10, {
    onMessage: (type, _flags, _method, call, payload, start, end) => {
      seen.push(`${type} ${call} ${payload.toString("utf8", start, end)}`);
    },
    wants,
  });
  return { seen, reader };
}

test("push() refuses a length over the limit as soon as the header is there", () => {
  const { reader } = open();
  const header = rawFrame(frame.call);
  header.writeUInt32LE(0xffff_ffff, 0);
  reader.push(header.subarray(0, 11));
  assert.throws(() => reader.push(header.subarray(11)), /this one says 4294967295/);
});

test("push() puts messages of several calls together, other frames in between", () => {
  const { seen, reader } = open();
  reader.push(rawFrame(frame.item, { call: 1, ...more }));
  reader.push(rawFrame(frame.item, { call: 2, ...more }));
  reader.push(rawFrame(frame.credit, { call: 1 }));
  reader.push(rawFrame(frame.item, { call: 1, payload: Buffer.from("1") }));
  reader.push(rawFrame(frame.item, { call: 2, payload: Buffer.from("2") }));
  assert.deepEqual(seen, ["11 1 ", "7 1 ab1", "7 2 ab2"]);
});

test("push() keeps nothing of pieces without bytes, and counts those with some", () => {
  const { seen, reader } = open();
  const empty = rawFrame(frame.item, { call: 1, flags: flag.more });
  const before = keptBytes();
  for (let n = 0; n < 100_000; n += 1) reader.push(empty);
  assert(keptBytes() - before < 2_000_000);
  for (let n = 0; n < 5; n += 1) reader.push(rawFrame(frame.item, { call: 1, ...more }));
  assert.throws(
    () => reader.push(rawFrame(frame.item, { call: 1, ...more })),
    /longer than the 10 bytes/,
  );
  assert.deepEqual(seen, []);
});

test("forget() makes room for another message in pieces", () => {
  const { seen, reader } = open();
  const begin = (call: number) => reader.push(rawFrame(frame.item, { call, ...more }));
  for (let call = 1; call <= partialsMax; call += 1) begin(call);
  assert.throws(() => begin(99), /16 others/);
  reader.forget(1);
  begin(99);
  reader.push(rawFrame(frame.item, { call: 99 }));
  assert.deepEqual(seen, ["7 99 ab"]);
});

test("push() drops pieces that nobody wants, and a message of another type replaces a cut one", () => {
  const { seen, reader } = open((_type, call) => call !== 5);
  for (let n = 0; n < 100; n += 1) reader.push(rawFrame(frame.item, { call: 5, ...more }));
  reader.push(rawFrame(frame.item, { call: 1, ...more }));
  reader.push(rawFrame(frame.reply, { call: 1, ...more }));
  reader.push(rawFrame(frame.reply, { call: 1, payload: Buffer.from("!") }));
  assert.deepEqual(seen, ["5 1 ab!"]);
});
