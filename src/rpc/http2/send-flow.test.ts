import assert from "node:assert/strict";
import { test } from "node:test";

import { soon } from "../../testing/soon.ts";
import { frameType, setting } from "./frames.ts";
import { headers, reset, settings, TestPeer, windowUpdate } from "./test-peer.ts";

const respond = { ":status": 200 };
const trailers = { "grpc-status": "0" };

/** The bytes of DATA that have come on a stream. */
function received(peer: TestPeer, stream: number): number {
  const frames = peer.frames.filter((each) => each.type === frameType.data);
  return frames
    .filter((each) => each.stream === stream)
    .reduce((sum, { payload }) => sum + payload.length, 0);
}

test("SendFlow sends no more than the window of the stream, and its writer waits for the rest", async () => {
  await using peer = await TestPeer.open();
  await peer.say(settings([setting.initialWindowSize, 10]), headers(1));
  const { exchange } = peer.served[0] ?? assert.fail();
  exchange.begin(respond);
  assert.equal(exchange.write(Buffer.from("1234567")), undefined);
  assert.equal(exchange.write(Buffer.from("89abcdef")), undefined);
  const first = await peer.until(/^data/);
  assert.deepEqual(first, ["headers 1 :status 200", "data 1 123456789a"]);
  assert.deepEqual(await peer.say(windowUpdate(1, 2)), ["data 1 bc"]);
  const waits = exchange.write(Buffer.alloc(20_000, "g")) ?? assert.fail();
  let waited = true;
  void waits.then(() => (waited = false));
  await peer.say(windowUpdate(1, 3 + 10_000));
  assert.equal(waited, true);
  await peer.say(windowUpdate(1, 5_000));
  await soon("the writer's turn", waits);
  exchange.end(Buffer.from("last"), trailers);
  const seen = await peer.say(windowUpdate(1, 5_004));
  assert.deepEqual(seen, [`data 1 ${"g".repeat(5_000)}last`, "headers 1 end grpc-status 0"]);
});

test("SendFlow shares the window of the connection, a frame for each in turn", async () => {
  await using peer = await TestPeer.open();
  await peer.say(settings([setting.initialWindowSize, 1_000_000]), headers(1), headers(3));
  for (const { exchange } of peer.served) {
    exchange.begin(respond);
    exchange.end(Buffer.alloc(100_000), trailers);
  }
  await peer.say();
  assert.equal(received(peer, 1) + received(peer, 3), 65_535);
  await peer.say(windowUpdate(0, 4 * 16_384));
  await peer.say(windowUpdate(0, 4 * 16_384));
  const behind = Math.abs(received(peer, 1) - received(peer, 3));
  assert.ok(behind <= 65_535, `one is ${behind} bytes behind`);
  peer.write(windowUpdate(0, 200_000));
  await peer.until(/^headers 1 end/);
  await peer.until(/^headers 3 end/);
  assert.equal(received(peer, 1), 100_000);
  assert.equal(received(peer, 3), 100_000);
});

test("SendFlow lets all streams together write no further ahead than one write of the socket", async () => {
  await using peer = await TestPeer.open();
  const ids = Array.from({ length: 100 }, (_, n) => 2 * n + 1);
  await peer.say(settings([setting.initialWindowSize, 0]), ...ids.map((id) => headers(id)));
  let bytes = 0;
  const waits = peer.served.map(({ exchange }) => {
    exchange.begin(respond);
    for (;;) {
      const room = exchange.write(Buffer.alloc(100));
      bytes += 100;
      if (room) return room;
    }
  });
  assert.ok(bytes <= 65_536 + 100 * ids.length, `${bytes} bytes were written ahead`);
  await peer.say(windowUpdate(0, 100_000), settings([setting.initialWindowSize, 20_000]));
  await soon("the turn of every writer", Promise.all(waits));
});

test("SendFlow takes windows that change below zero, and ends a stream without data all the same", async () => {
  await using peer = await TestPeer.open();
  await peer.say(headers(1), headers(3));
  const [first, second] = peer.served.map(({ exchange }) => exchange);
  assert(first && second);
  first.begin(respond);
  assert.equal(first.write(Buffer.from("0123456789")), undefined);
  await peer.until(/^data/);
  // 65_525 were left of it: now it lacks 10.
  await peer.say(settings([setting.initialWindowSize, 0]));
  first.end(Buffer.from("ab"), trailers);
  second.begin(respond);
  second.end(undefined, trailers);
  const ended = await peer.say(windowUpdate(1, 11));
  const withoutData = ["headers 3 :status 200", "headers 3 end grpc-status 0"];
  assert.deepEqual(ended, [...withoutData, "data 1 a"]);
  assert.deepEqual(await peer.say(settings([setting.initialWindowSize, 1])), [
    "settings ack",
    "data 1 b",
    "headers 1 end grpc-status 0",
  ]);
});

test("SendFlow ends a stream without trailers by its last data", async () => {
  await using peer = await TestPeer.open();
  await peer.say(headers(1), headers(3));
  const [first, second] = peer.served.map(({ exchange }) => exchange);
  first?.begin(respond);
  first?.end(Buffer.from("all"));
  second?.begin(respond);
  second?.end();
  assert.deepEqual((await peer.say()).slice(0, 4), [
    "headers 1 :status 200",
    "data 1 end all",
    "headers 3 :status 200",
    "data 3 end ",
  ]);
});

test("SendFlow lets its writer go when the stream is reset", async () => {
  await using peer = await TestPeer.open();
  await peer.say(settings([setting.initialWindowSize, 0]), headers(1));
  const { exchange } = peer.served[0] ?? assert.fail();
  exchange.begin(respond);
  const waits = exchange.write(Buffer.alloc(20_000)) ?? assert.fail();
  await peer.say(reset(1));
  await soon("the writer's turn", waits);
  assert.equal(peer.connection.flow.heldBytes, 0);
});

test("SendFlow holds data back while the peer reads nothing, whatever its windows are", async () => {
  await using peer = await TestPeer.open();
  const wide = 0x7fff_ffff - 65_535;
  await peer.say(settings([setting.initialWindowSize, wide]), windowUpdate(0, wide), headers(1));
  const { exchange } = peer.served[0] ?? assert.fail();
  exchange.begin(respond);
  peer.stall(true);
  let written = 0;
  let waits: Promise<void> | undefined;
  for (; !waits && written < 10_000_000; written += 16_000)
    waits = exchange.write(Buffer.alloc(16_000));
  assert.ok(written < 1_000_000, `${written} bytes were taken unread`);
  peer.stall(false);
  await soon("the writer's turn", waits ?? assert.fail());
});
