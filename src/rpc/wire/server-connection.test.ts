import assert from "node:assert/strict";
import { test } from "node:test";

import { ReefError } from "../../core/errors.ts";
import { aborted } from "../conformance/probe.ts";
import type { Call } from "../server-call.ts";
import {
  chunkBytes,
  flag,
  frame,
  limitsDefault,
  methodNameBytesMax,
  methodsMax,
  partialsMax,
} from "./frames.ts";
import { keepaliveDefaultMs } from "./keepalive.ts";
import {
  callPayload,
  helloDefault,
  openRawCaller,
  rawCall,
  rawFrame,
  rawJson,
  rawMethod,
  type RawPeer,
} from "./test-raw-peer.ts";
import { openTestClient, openTestServer } from "./test-wire.ts";

const hello = { name: "Ann" };
const tooLong = rawFrame(frame.ping);
tooLong.writeUInt32LE(chunkBytes + 1, 0);
const allOnes = Buffer.from([0xff, 0xff, 0xff, 0xff, frame.call]);
const headless = rawFrame(frame.call, { call: 1, method: 1, payload: Buffer.alloc(5) });
const cutTrace = rawFrame(frame.call, {
  call: 1,
  method: 1,
  flags: flag.trace,
  payload: callPayload(Buffer.alloc(23)),
});

const violations: { readonly [claim: string]: readonly [why: RegExp, ...frames: Buffer[]] } = {
  "a frame longer than a chunk": [/the limit is 65536 bytes, this one says 65537/, tooLong],
  "a frame of 2^32-1 bytes": [
    /this one says 4294967295/,
    Buffer.concat([allOnes, Buffer.alloc(7)]),
  ],
  "a frame of an unknown type": [/frame of type 200/, rawFrame(200)],
  "a frame that only services send": [/frame of type 5/, rawFrame(frame.reply, { call: 1 })],
  "a CALL before its METHOD": [/never named/, rawCall(1, 9, hello)],
  "a CALL with the number of the connection": [/call 0/, rawCall(0, 1, hello)],
  "a CALL that is under way already": [
    /call 5: it is under way/,
    rawCall(5, 2, {}),
    rawCall(5, 1, {}),
  ],
  "a CALL that ends in its header": [/ends in its header/, headless],
  "a CALL that ends in its trace": [/ends in its header/, cutTrace],
  "AUTH that is no AUTH": [/another identity/, rawJson(frame.auth, {}, {})],
  "a CREDIT of the wrong length": [
    /frame of type 11/,
    rawFrame(frame.credit, { call: 1, payload: Buffer.alloc(7) }),
  ],
  "an ITEM for a call without a stream": [
    /frame of type 7/,
    rawCall(5, 2, {}),
    rawJson(frame.item, {}, { call: 5 }),
  ],
  "a METHOD that is not JSON": [/names no method/, rawFrame(frame.method, { method: 7 })],
  "a METHOD of null": [/names no method/, rawJson(frame.method, null, { method: 7 })],
  "a METHOD of too many words": [/names no method/, rawMethod(7, "x".repeat(methodNameBytesMax))],
  "a METHOD number beyond the limit": [/the limit is 4096/, rawMethod(methodsMax + 1, "hello")],
  "a METHOD in pieces": [/frame of type 3/, rawFrame(frame.method, { flags: flag.more })],
};

/** `hello` is method 1, and `echo`, which ends with its signal, is method 2. */
async function openCaller(address: string): Promise<RawPeer> {
  const caller = await openRawCaller(address, {});
  caller.send(rawMethod(1, "hello"), rawMethod(2, "nothing"));
  return caller;
}

/** A handler that waits for its signal, and a promise of what the signal says. */
function waiting() {
  const ended = Promise.withResolvers<ReefError>();
  const nothing = async (_input: unknown, call: Call) => {
    await aborted(call.signal);
    // Reasons of `call.signal` are ReefErrors.
    ended.resolve(call.signal.reason as ReefError);
    return {};
  };
  return { handlers: { nothing }, ended: ended.promise };
}

for (const [claim, [why, ...frames]] of Object.entries(violations)) {
  test(`ServerConnection ends with an ERROR that says why after ${claim}`, async () => {
    const { handlers } = waiting();
    await using server = await openTestServer(handlers);
    await using client = await openTestClient(server.address);
    await using caller = await openCaller(server.address);
    caller.send(...frames);
    const error = await caller.nextOf(frame.error);
    assert.equal(error.call, 0);
    assert.match(JSON.parse(error.payload.toString()).message, why);
    await caller.left;
    assert.deepEqual(await client.probe.hello(hello), { message: "Hello Ann" });
    assert.equal(server.rpc.active, 0);
  });
}

test("ServerConnection ends with an ERROR for an ITEM beyond credit, other connections go on", async () => {
  const ended = Promise.withResolvers<void>();
  await using server = await openTestServer(
    {
      async sum(_numbers, call) {
        await aborted(call.signal);
        ended.resolve();
        return { sum: 0 };
      },
    },
    { limits: { streamMessages: 3 } },
  );
  await using client = await openTestClient(server.address);
  await using caller = await openRawCaller(server.address, {});
  caller.send(rawMethod(1, "sum", { kind: "client_stream" }), rawCall(1, 1, Buffer.alloc(0)));
  for (let n = 0; n < 4; n += 1) caller.send(rawJson(frame.item, { n }, { call: 1 }));
  const error = await caller.nextJson(frame.error);
  assert.match(String(error["message"]), /no credit left/);
  await caller.left;
  await ended.promise;
  assert.deepEqual(await client.probe.nothing(), {});
});

test("ServerConnection answers with an error, and goes on, when only the call is wrong", async () => {
  await using server = await openTestServer();
  await using caller = await openCaller(server.address);
  const cases: readonly [bytes: Buffer, code: string][] = [
    // What a newer caller might say.
    [rawMethod(3, "hello", { codec: "cbor" as "json" }), "unimplemented"],
    [rawMethod(3, "hello", { namespace: "other" }), "not_found"],
    [rawMethod(3, "hello", { kind: "bidi_stream" }), "failed_precondition"],
    [rawMethod(3, "absent"), "unimplemented"],
    [rawMethod(3, "hello", { service: "absent" }), "not_found"],
  ];
  for (const [name, code] of cases) {
    caller.send(name, rawCall(9, 3, hello));
    const error = await caller.nextJson(frame.error);
    assert.deepEqual([error["code"], error["maybeExecuted"]], [code, false]);
  }
  for (const body of [Buffer.alloc(0), Buffer.from("{"), Buffer.from("[".repeat(10_000))]) {
    caller.send(rawCall(9, 1, body));
    assert.equal((await caller.nextJson(frame.error))["code"], "invalid_argument");
  }
  caller.send(rawCall(9, 1, hello));
  assert.deepEqual(await caller.nextJson(frame.reply), { message: "Hello Ann" });
});

test("ServerConnection refuses calls beyond its limit, which it never executes", async () => {
  const { handlers } = waiting();
  await using server = await openTestServer(handlers, { limits: { calls: 2 } });
  await using caller = await openCaller(server.address);
  caller.send(rawCall(1, 2, {}), rawCall(2, 2, {}), rawCall(3, 1, hello));
  const refused = await caller.nextOf(frame.error);
  assert.equal(refused.call, 3);
  const error = JSON.parse(refused.payload.toString());
  assert.deepEqual([error.code, error.maybeExecuted], ["resource_exhausted", false]);
  caller.send(rawFrame(frame.cancel, { call: 1 }), rawCall(4, 1, hello));
  assert.equal((await caller.nextOf(frame.reply)).call, 4);
});

test("ServerConnection takes no notice of the rest of a message after CANCEL cut it", async () => {
  await using server = await openTestServer();
  await using caller = await openCaller(server.address);
  // More of them than may be in pieces at once: each must have been forgotten.
  for (let id = 1; id <= partialsMax * 2; id += 1) {
    const payload = callPayload({ name: "x".repeat(1_000) }).subarray(0, 500);
    caller.send(rawFrame(frame.call, { call: id, method: 1, flags: flag.more, payload }));
    caller.send(rawFrame(frame.cancel, { call: id }));
  }
  caller.send(rawCall(99, 1, hello));
  assert.equal((await caller.next())?.call, 99);
});

test("ServerConnection ends when more messages are in pieces than it keeps", async () => {
  await using server = await openTestServer();
  await using caller = await openCaller(server.address);
  for (let id = 1; id <= partialsMax + 1; id += 1) {
    caller.send(rawFrame(frame.call, { call: id, method: 1, flags: flag.more }));
  }
  assert.match(String((await caller.nextJson(frame.error))["message"]), /16 others/);
  await caller.left;
});

test("ServerConnection ends when a message in pieces is longer than it takes", async () => {
  await using server = await openTestServer({}, { limits: { messageBytes: 100_000 } });
  await using caller = await openCaller(server.address);
  const piece = { call: 1, method: 1, flags: flag.more, payload: Buffer.alloc(chunkBytes) };
  caller.send(rawFrame(frame.call, piece), rawFrame(frame.call, piece));
  assert.match(String((await caller.nextJson(frame.error))["message"]), /longer than the 100000/);
  await caller.left;
});

test("ServerConnection takes PING and CREDIT between the pieces of a message", async () => {
  await using server = await openTestServer();
  await using caller = await openCaller(server.address);
  const payload = callPayload(hello);
  const piece = (from: number, to: number, flags: number) =>
    rawFrame(frame.call, { call: 1, method: 1, flags, payload: payload.subarray(from, to) });
  caller.send(
    piece(0, 3, flag.more),
    rawFrame(frame.ping),
    rawFrame(frame.credit, { call: 1, payload: Buffer.alloc(8) }),
  );
  caller.send(
    piece(3, 8, flag.more),
    rawFrame(frame.call, { call: 1, method: 1, flags: flag.more }),
  );
  caller.send(piece(8, payload.length, 0));
  assert.equal((await caller.next())?.type, frame.pong);
  assert.deepEqual(await caller.nextJson(frame.reply), { message: "Hello Ann" });
});

test("ServerConnection cancels the calls of a peer that closes one direction or is silent", async () => {
  for (const leave of ["half-close", "silence", "reset"]) {
    const { handlers, ended } = waiting();
    await using server = await openTestServer(handlers);
    await using caller = await openCaller(server.address);
    caller.send(rawCall(1, 2, {}), rawCall(2, 1, hello));
    await caller.nextOf(frame.reply);
    if (leave === "half-close") caller.socket.end();
    if (leave === "reset") caller.socket.resetAndDestroy();
    if (leave === "silence") {
      // The first interval heard the call; the silent ones after it are answered by PING.
      await server.clock.advance(keepaliveDefaultMs * 2);
      await caller.nextOf(frame.ping);
      await server.clock.advance(keepaliveDefaultMs * 3);
    }
    assert.equal((await ended).code, "cancelled");
    await caller.left;
    assert.equal(server.rpc.active, 0);
  }
});

test("ServerConnection asks a peer that does not read for no more calls, and drops it in the end", async () => {
  let ran = 0;
  const message = "x".repeat(100_000);
  await using server = await openTestServer({
    hello: () => {
      ran += 1;
      return { message };
    },
  });
  await using caller = await openCaller(server.address);
  caller.socket.pause();
  let id = 0;
  // Stops when the server reads no more: then nothing leaves this socket either.
  for (let still = 0, last = -1; still < 100; still += 1) {
    if (!caller.socket.writableNeedDrain) {
      for (let n = 0; n < 100; n += 1)
        caller.send(rawCall((id += 1), 1, { name: "y".repeat(1_000) }));
    }
    if (ran !== last) still = 0;
    last = ran;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert(ran < id, `all ${id} calls were taken from a peer that reads nothing`);
  assert(ran < 1_000, `${ran} calls were taken from a peer that reads nothing`);
  await server.clock.advance(keepaliveDefaultMs * 6);
  caller.socket.resume();
  await caller.left;
});

test("stop() of a server lets a long answer reach its caller", async () => {
  const started = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const message = "x".repeat(3_000_000);
  await using server = await openTestServer({
    async hello() {
      started.resolve();
      await gate.promise;
      return { message };
    },
  });
  await using client = await openTestClient(server.address);
  const going = client.probe.hello(hello);
  await started.promise;
  const stopping = server.rpc.stop();
  await client.connection.ended;
  gate.resolve();
  assert.equal((await going).message, message);
  assert.deepEqual(await stopping, { cancelledCalls: 0 });
});

test("ServerConnection replaces an error too long for a frame by its words", async () => {
  const violations = Array.from({ length: 5_000 }, (_, n) => ({
    path: `list[${n}]`,
    message: "no",
  }));
  await using server = await openTestServer({
    hello: () => {
      throw new ReefError("invalid_argument", "All of it is wrong", { violations });
    },
  });
  const limits = { ...limitsDefault, messageBytes: 1_000 };
  await using caller = await openRawCaller(server.address, { ...helloDefault, limits });
  caller.send(rawMethod(1, "hello"), rawCall(1, 1, hello));
  const error = await caller.nextJson(frame.error);
  assert.equal(error["message"], "All of it is wrong");
});
