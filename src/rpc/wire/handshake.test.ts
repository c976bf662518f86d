import assert from "node:assert/strict";
import { test } from "node:test";

import { createManualClock } from "../../testing/manual-clock.ts";
import { openConnection } from "./connect.ts";
import { chunkBytes, frame, limitsDefault, magic } from "./frames.ts";
import { helloTimeoutMs, lingerMs } from "./handshake.ts";
import {
  helloDefault,
  openRawCaller,
  openRawServer,
  rawCall,
  rawFrame,
  rawHello,
  rawJson,
  rawMethod,
} from "./test-raw-peer.ts";
import { openTestClient, openTestServer } from "./test-wire.ts";

const endless = rawFrame(frame.hello, { payload: Buffer.alloc(0) });
endless.writeUInt32LE(chunkBytes + 1, 0);
const { limits: _, ...limitless } = helloDefault;

const strangers: { readonly [claim: string]: Buffer } = {
  "bytes that begin as the magic and go on otherwise": Buffer.from([0x8a, 0, 1, 2, 3, 4, 5, 6, 7]),
  "the magic of another version": Buffer.concat([magic.subarray(0, 7), Buffer.from([9])]),
  "a HELLO longer than a frame": Buffer.concat([magic, endless]),
  "a HELLO that is not JSON": Buffer.concat([
    magic,
    rawFrame(frame.hello, { payload: Buffer.from(magic) }),
  ]),
  "a HELLO of null": Buffer.concat([magic, rawJson(frame.hello, null, {})]),
  "a HELLO without limits": Buffer.concat([magic, rawJson(frame.hello, limitless, {})]),
  "a HELLO with a limit of nothing": Buffer.concat([
    magic,
    rawHello({ limits: { ...limitsDefault, calls: 0 } }),
  ]),
  "a HELLO with credit that its frames cannot say": Buffer.concat([
    magic,
    rawHello({ limits: { ...limitsDefault, streamBytes: 2 ** 32 } }),
  ]),
  "a HELLO with a token that is no text": Buffer.concat([
    magic,
    rawJson(frame.hello, { ...helloDefault, credentials: { scheme: "token", token: 1 } }, {}),
  ]),
  "a call before HELLO": Buffer.concat([magic, rawCall(1, 1, {})]),
};

for (const [claim, bytes] of Object.entries(strangers)) {
  test(`answer() sends a peer away that begins with ${claim}`, async () => {
    await using server = await openTestServer();
    await using stranger = await openRawCaller(server.address);
    stranger.send(bytes);
    assert.equal((await stranger.left).length, 0);
    await using client = await openTestClient(server.address);
    assert.deepEqual(await client.probe.nothing(), {});
  });
}

test("answer() takes magic, HELLO, METHOD and CALL that come one byte at a time", async () => {
  await using server = await openTestServer();
  await using caller = await openRawCaller(server.address);
  caller.socket.setNoDelay(true);
  const session = Buffer.concat([
    magic,
    rawHello(),
    rawMethod(1, "hello"),
    rawCall(1, 1, { name: "Ann" }),
  ]);
  for (const byte of session) {
    await new Promise((resolve) => caller.socket.write(Buffer.from([byte]), resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(await caller.nextJson(frame.reply), { message: "Hello Ann" });
});

test("answer() takes calls that come in one piece with HELLO", async () => {
  await using server = await openTestServer();
  await using caller = await openRawCaller(server.address);
  caller.send(magic, rawHello(), rawMethod(1, "hello"), rawCall(1, 1, { name: "Ann" }));
  assert.deepEqual(await caller.nextJson(frame.reply), { message: "Hello Ann" });
});

test("answer() says which wire version it speaks, and lets go of the peer that stays", async () => {
  await using server = await openTestServer();
  await using caller = await openRawCaller(server.address);
  caller.socket.allowHalfOpen = true;
  caller.send(magic, rawHello({ wire: 2 }));
  const error = await caller.nextJson(frame.error);
  assert.equal(error["code"], "failed_precondition");
  assert.match(String(error["message"]), /wire version 2: this node speaks 1/);
  await server.clock.advance(lingerMs);
  // Only a socket that is gone answers with a reset, which the next write finds.
  while (!caller.socket.destroyed) {
    await new Promise((resolve) => caller.socket.write("more", resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test("answer() gives up on a peer that never says HELLO", async () => {
  await using server = await openTestServer();
  await using mute = await openRawCaller(server.address);
  await using slow = await openRawCaller(server.address);
  slow.send(magic, rawHello().subarray(0, -1));
  // The server has both when it has answered a third.
  await using client = await openTestClient(server.address);
  await client.probe.nothing();
  await server.clock.advance(helloTimeoutMs - 1);
  assert(!mute.socket.destroyed && !slow.socket.destroyed);
  await server.clock.advance(helloTimeoutMs);
  await Promise.all([mute.left, slow.left]);
});

const services: { readonly [claim: string]: readonly [bytes: Buffer, why: RegExp] } = {
  "does not speak this wire": [
    Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"),
    /speak reef's wire/,
  ],
  "says no HELLO": [rawCall(1, 1, {}), /not (a HELLO|JSON)/],
  "says HELLO without limits": [rawJson(frame.hello, limitless, {}), /not a HELLO/],
  "says HELLO that is not JSON": [
    rawFrame(frame.hello, { payload: Buffer.from(magic) }),
    /not JSON/,
  ],
  "speaks another version": [rawHello({ wire: 2 }), /speaks wire version 2/],
  "refuses with null": [rawJson(frame.error, null, {}), /not a HELLO/],
  "refuses in words": [rawJson(frame.error, { message: "too old" }, {}), /refused: too old/],
};

for (const [claim, [bytes, why]] of Object.entries(services)) {
  test(`greet() is unavailable, never executed, when the far side ${claim}`, async () => {
    await using server = await openRawServer();
    void server.caller.then((peer) => peer.send(bytes));
    await assert.rejects(openConnection(server.address), (error: Error) => {
      assert.match(error.message, why);
      return (
        "code" in error &&
        error.code === "unavailable" &&
        "maybeExecuted" in error &&
        !error.maybeExecuted
      );
    });
  });
}

test("greet() gives up when the far side leaves, is silent, or its caller gives up", async () => {
  const never = { code: "unavailable", maybeExecuted: false };
  await using leaver = await openRawServer();
  void leaver.caller.then(({ socket }) => socket.end());
  await assert.rejects(openConnection(leaver.address), never);

  await using mute = await openRawServer();
  const clock = createManualClock();
  const silent = assert.rejects(openConnection(mute.address, { clock }), never);
  await mute.caller;
  await clock.advance(helloTimeoutMs);
  await silent;

  await using other = await openRawServer();
  const { signal, abort } = controller();
  const given = openConnection(other.address, { signal });
  void other.caller.then(abort);
  await assert.rejects(given, { code: "cancelled", maybeExecuted: false });
});

function controller() {
  const inner = new AbortController();
  return { signal: inner.signal, abort: () => inner.abort() };
}
