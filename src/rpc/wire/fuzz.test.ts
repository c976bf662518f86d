/** Sessions that were recorded and then cut, split, mutated; and bytes that mean nothing at all. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ReefError } from "../../core/errors.ts";
import { frame, headerBytes, magic } from "./frames.ts";
import { FrameReader } from "./frame-reader.ts";
import {
  callPayload,
  openRawCaller,
  rawCall,
  rawFrame,
  rawHello,
  rawJson,
  rawMethod,
  type RawPeer,
} from "./test-raw-peer.ts";
import { mayCall, openGuardedServer, rawAuth } from "./test-guarded.ts";
import { openTestClient, openTestServer } from "./test-wire.ts";

const long = callPayload({ name: "long" });

/** A session with a frame of every kind that a caller sends. Its answers are four REPLYs, three ITEMs and an END. */
const session = Buffer.concat([
  rawMethod(1, "hello"),
  rawMethod(2, "sum", { kind: "client_stream" }),
  rawMethod(3, "count", { kind: "server_stream" }),
  rawAuth(1, "a.b.c"),
  rawCall(1, 1, { name: "Ann" }, 1),
  rawCall(2, 2, Buffer.alloc(0)),
  rawJson(frame.item, { n: 3 }, { call: 2 }),
  rawFrame(frame.call, { call: 3, method: 1, flags: 0x80, payload: long.subarray(0, 9) }),
  rawFrame(frame.ping),
  rawJson(frame.item, { n: 4 }, { call: 2 }),
  rawFrame(frame.end, { call: 2 }),
  rawFrame(frame.call, { call: 3, method: 1, payload: long.subarray(9) }),
  rawCall(4, 3, { to: 3 }),
  rawFrame(frame.credit, { call: 4, payload: Buffer.alloc(8, 1) }),
  rawCall(5, 1, { name: "cancelled" }),
  rawFrame(frame.cancel, { call: 77 }),
]);

const answers = [
  '5 1 {"message":"Hello Ann"}',
  '5 2 {"sum":7}',
  '5 3 {"message":"Hello long"}',
  '7 4 {"n":1}',
  '7 4 {"n":2}',
  '7 4 {"n":3}',
  "8 4 ",
  '5 5 {"message":"Hello cancelled"}',
].toSorted();

async function readAnswers(peer: RawPeer): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < answers.length) {
    const next = await peer.next();
    assert(next, `the server left after ${seen.length} answers`);
    const kinds: number[] = [frame.reply, frame.item, frame.end, frame.error];
    if (kinds.includes(next.type))
      seen.push(`${next.type} ${next.call} ${next.payload.toString()}`);
  }
  return seen.toSorted();
}

/** Small, seeded, good enough: a failure must come again. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function framesOf(parts: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const reader = new FrameReader(1_000, {
    onMessage: (type, flags, method, call, payload, start, end) => {
      seen.push([type, flags, method, call, payload.toString("latin1", start, end)].join());
    },
    wants: () => true,
  });
  for (const part of parts) reader.push(part);
  return seen;
}

test("FrameReader reads the same messages wherever the bytes are split", () => {
  const whole = framesOf([session]);
  assert.equal(whole.length, 15);
  for (let at = 0; at <= session.length; at += 1) {
    assert.deepEqual(framesOf([session.subarray(0, at), session.subarray(at)]), whole);
  }
  const bytes = Array.from({ length: session.length }, (_, at) => session.subarray(at, at + 1));
  assert.deepEqual(framesOf(bytes), whole);
});

test("a session gives the same answers wherever it is split", async () => {
  await using server = await openTestServer();
  const random = createRandom(7);
  for (let round = 0; round < 60; round += 1) {
    await using caller = await openRawCaller(server.address);
    caller.socket.setNoDelay(true);
    const bytes = Buffer.concat([magic, rawHello(), session]);
    for (let at = 0; at < bytes.length;) {
      const next = at + 1 + random(round < 2 ? 1 : 200);
      await new Promise((resolve) => caller.socket.write(bytes.subarray(at, next), resolve));
      at = next;
    }
    await caller.nextOf(frame.hello);
    assert.deepEqual(await readAnswers(caller), answers);
  }
});

test("a session that ends at any byte leaves no call behind", async () => {
  await using server = await openTestServer();
  for (let at = 0; at < session.length; at += 1) {
    await using caller = await openRawCaller(server.address);
    caller.send(magic, rawHello(), session.subarray(0, at));
    caller.socket.end();
    await caller.left;
  }
  await using client = await openTestClient(server.address);
  assert.deepEqual(await client.probe.nothing(), {});
  assert.equal(server.rpc.active, 0);
});

function mutate(random: (below: number) => number): Buffer {
  const bytes = Buffer.from(session);
  for (let edits = 1 + random(6); edits > 0; edits -= 1) {
    const at = random(bytes.length);
    const kind = random(4);
    if (kind === 0) bytes[at] = random(256);
    else if (kind === 1)
      bytes.writeUInt32LE(random(2) ? 0xffff_ffff : random(70_000), Math.min(at, bytes.length - 4));
    else if (kind === 2) bytes.copy(bytes, at, random(bytes.length));
    else bytes.fill(random(256), at, Math.min(bytes.length, at + random(headerBytes)));
  }
  return bytes.subarray(0, random(4) ? bytes.length : random(bytes.length));
}

test("3,000 mutated sessions and noise end or are answered, and a normal client goes on", async () => {
  // Each is anybody here, and may call; tokens are looked at all the same.
  await using server = await openGuardedServer({}, [mayCall("")]);
  await using client = await openTestClient(server.address);
  const random = createRandom(20_260_725);
  let heapBytes = 0;
  for (let round = 0; round < 3_000; round += 50) {
    const going = Array.from({ length: 50 }, async (_, n) => {
      await using caller = await openRawCaller(server.address);
      const noise = Buffer.from(Array.from({ length: 500 }, () => random(256)));
      const greeting = n % 10 === 0 ? [magic] : [magic, rawHello()];
      caller.send(
        ...(n % 25 === 0 ? [noise] : [...greeting, n % 5 === 0 ? noise : mutate(random)]),
      );
      caller.socket.end();
      await caller.left;
    });
    await Promise.all(going);
    assert.deepEqual(await client.probe.hello({ name: "Ann" }), { message: "Hello Ann" });
    if (round === 1_000) heapBytes = process.memoryUsage().rss;
  }
  assert.equal(server.rpc.active, 0);
  const grownBytes = process.memoryUsage().rss - heapBytes;
  assert(grownBytes < 100 * 1_048_576, `memory grew by ${grownBytes} bytes`);
});

test("FrameReader keeps no more than it says of 20 MB of noise, and says why it gives up", () => {
  const random = createRandom(1);
  for (let round = 0; round < 2_000; round += 1) {
    const noise = Buffer.alloc(10_000);
    for (let at = 0; at < noise.length; at += 4) noise.writeUInt32LE(random(2 ** 32), at);
    try {
      framesOf([noise]);
    } catch (error) {
      assert(error instanceof ReefError && error.code === "invalid_argument", String(error));
    }
  }
});
