import assert from "node:assert/strict";
import { test } from "node:test";

import type { ReefError } from "../../core/errors.ts";
import { advanceUntil } from "../../testing/advance-until.ts";
import { closed } from "../../testing/closed.ts";
import { aborted, collect } from "../conformance/probe.ts";
import { backlogBytesMax } from "./client-connection.ts";
import { chunkBytes, flag, frame, limitsDefault, partialsMax } from "./frames.ts";
import { keepaliveDefaultMs } from "./keepalive.ts";
import { openRawServer, rawFrame, rawJson, type RawPeer } from "./test-raw-peer.ts";
import { openTestClient, openTestServer, type TestClient } from "./test-wire.ts";

const lost = { code: "unavailable", maybeExecuted: true };
const never = { code: "unavailable", maybeExecuted: false };

/** A client and the service that it talks to, spoken by hand. */
async function openPair(options: Parameters<typeof openRawServer>[0] = {}) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await openRawServer(options));
  const client = stack.use(await openTestClient(server.address));
  const peer = await server.caller;
  const owned = stack.move();
  return { client, peer, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Begins a call of `hello` and gives its number too. */
async function begin({ client, peer }: { client: TestClient; peer: RawPeer }, name = "") {
  const going = client.probe.hello({ name });
  const { call } = await peer.nextOf(frame.call);
  return { going, call };
}

test("ClientConnection gives a late reply to nobody, not to the call that has its slot now", async () => {
  await using pair = await openPair();
  const first = await begin(pair, "first");
  const late = assert.rejects(first.going, { code: "deadline_exceeded", maybeExecuted: true });
  await pair.client.clock.advance(6_000);
  await late;
  const second = await begin(pair, "second");
  assert.equal(second.call & 0xffff, first.call & 0xffff);
  assert.notEqual(second.call, first.call);
  pair.peer.send(
    rawJson(frame.reply, { message: "first" }, { call: first.call }),
    rawJson(frame.error, { code: "internal" }, { call: first.call }),
    rawJson(frame.reply, { message: "second" }, { call: second.call }),
  );
  assert.deepEqual(await second.going, { message: "second" });
});

test("ClientConnection fails every call once when the connection is lost", async () => {
  await using pair = await openPair();
  const outcomes: unknown[] = [];
  const unary = pair.client.probe.hello({ name: "" });
  const single = unary.catch((error: unknown) => outcomes.push(error));
  const many = collect(pair.client.probe.count({ to: 1 })).catch((error: unknown) =>
    outcomes.push(error),
  );
  async function* inputs() {
    yield { n: 1 };
    await new Promise(() => {});
  }
  const sum = pair.client.probe.sum(inputs()).catch((error: unknown) => outcomes.push(error));
  await pair.peer.nextOf(frame.item);
  pair.peer.socket.resetAndDestroy();
  await Promise.all([single, many, sum]);
  assert.equal(outcomes.length, 3);
  for (const error of outcomes as ReefError[]) {
    assert.deepEqual([error.code, error.maybeExecuted], ["unavailable", true]);
  }
  assert.equal(pair.client.connection.usable, false);
  await assert.rejects(pair.client.probe.nothing(), never);
  await pair.client.connection.closed;
});

test("ClientConnection finds out by PING that its peer no longer writes", async () => {
  await using pair = await openPair();
  const { going } = await begin(pair);
  // A stream has no deadline of its own: without PING it would wait for ever.
  const failed = assert.rejects(going, (error: ReefError) => error.code === "deadline_exceeded");
  const stream = pair.client.probe.count({ to: 1 });
  const first = stream.next();
  const { call } = await pair.peer.nextOf(frame.call);
  pair.peer.send(rawFrame(frame.accept, { call }));
  const silent = assert.rejects(first, /nothing was heard for 12000 ms/);
  await pair.client.clock.advance(keepaliveDefaultMs * 2);
  await pair.peer.nextOf(frame.ping);
  // The acceptance is a sign of life, too, whenever it comes.
  await advanceUntil(pair.client.clock, pair.peer.left, { stepMs: keepaliveDefaultMs });
  await failed;
  await silent;
});

test("ClientConnection stays while its peer answers PING, and answers PING itself", async () => {
  await using pair = await openPair();
  for (let interval = 0; interval < 10; interval += 1) {
    await pair.client.clock.advance(keepaliveDefaultMs * 2);
    await pair.peer.nextOf(frame.ping);
    pair.peer.send(rawFrame(frame.pong), rawFrame(frame.ping));
    await pair.peer.nextOf(frame.pong);
  }
  assert.equal(pair.client.connection.usable, true);
});

test("ClientConnection refuses calls when too much waits for a peer that does not read", async () => {
  await using pair = await openPair();
  pair.peer.socket.pause();
  const name = "x".repeat(1_000_000);
  const outcomes: Promise<unknown>[] = [];
  const refused = { code: "resource_exhausted", maybeExecuted: false };
  const calls = Math.ceil(backlogBytesMax / name.length) + 20;
  for (let n = 0; n < calls; n += 1) {
    outcomes.push(pair.client.probe.hello({ name }).catch((error: unknown) => error));
  }
  await assert.rejects(pair.client.probe.nothing(), refused);
  await pair.client.clock.advance(6_000);
  const codes = (await Promise.all(outcomes)).map((error) => (error as ReefError).code);
  assert(codes.filter((code) => code === "resource_exhausted").length >= 15, String(codes));
  // Their rest was dropped with them, so there is room again.
  const next = pair.client.probe.nothing();
  const failed = assert.rejects(next, { code: "deadline_exceeded" });
  await pair.client.clock.advance(6_000);
  await failed;
});

test("ClientConnection takes no more calls than its peer, which never executes the others", async () => {
  await using pair = await openPair({ limits: { ...limitsDefault, calls: 1 } });
  const { going, call } = await begin(pair);
  await assert.rejects(pair.client.probe.nothing(), {
    code: "resource_exhausted",
    maybeExecuted: false,
  });
  pair.peer.send(rawJson(frame.reply, { message: "" }, { call }));
  await going;
  const next = pair.client.probe.nothing();
  const second = await pair.peer.nextOf(frame.call);
  pair.peer.send(rawJson(frame.reply, {}, { call: second.call }));
  await next;
});

test("ClientConnection never sends a message over its peer's limit", async () => {
  await using server = await openTestServer({}, { limits: { messageBytes: 200_000 } });
  await using client = await openTestClient(server.address);
  const refused = { code: "resource_exhausted", maybeExecuted: false };
  await assert.rejects(client.probe.hello({ name: "x".repeat(200_000) }), refused);
  await assert.rejects(client.probe.hello({ name: "x".repeat(20_000_000) }), refused);
  const name = "x".repeat(190_000);
  assert.deepEqual(await client.probe.hello({ name }), { message: `Hello ${name}` });
});

test("ServerConnection answers `internal` when the answer is over the caller's limit", async () => {
  const message = "x".repeat(200_000);
  await using server = await openTestServer({ hello: () => ({ message }) });
  await using client = await openTestClient(server.address, { limits: { messageBytes: 100_000 } });
  await assert.rejects(client.probe.hello({ name: "" }), (error: ReefError) => {
    assert.match(error.message, /takes 100000 bytes, it has 2000\d\d/);
    return error.code === "internal" && error.maybeExecuted;
  });
  assert.deepEqual(await client.probe.nothing(), {});
});

test("ClientConnection keeps the name of a method whose first call had bad metadata", async () => {
  await using server = await openTestServer();
  await using client = await openTestClient(server.address);
  const refused = { code: "invalid_argument", maybeExecuted: false };
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`n${n}`, ""]));
  for (const metadata of [{ "No Name": "" }, many, { long: "x".repeat(70_000) }]) {
    await assert.rejects(client.probe.hello({ name: "" }, { metadata }), refused);
  }
  const circular = { name: "" };
  Object.defineProperty(circular, "name", {
    get() {
      throw new RangeError("no name today");
    },
  });
  await assert.rejects(client.probe.hello(circular), refused);
  assert.deepEqual(await client.probe.hello({ name: "Ann" }), { message: "Hello Ann" });
});

test("ClientConnection names a method once, however many clients there are", async () => {
  await using pair = await openPair();
  const { probeOver } = await import("./test-wire.ts");
  const numbers = new Set<number>();
  for (let n = 0; n < 5; n += 1) {
    const going = probeOver(pair.client.connection).hello({ name: "" });
    const { method, call } = await pair.peer.nextOf(frame.call);
    numbers.add(method);
    pair.peer.send(rawJson(frame.reply, { message: "" }, { call }));
    await going;
  }
  assert.equal(numbers.size, 1);
});

test("ClientConnection sends no more of a message whose call was cancelled, and other calls go on", async () => {
  await using server = await openTestServer();
  await using client = await openTestClient(server.address);
  for (let round = 0; round < 5; round += 1) {
    const stop = new AbortController();
    const long = Array.from({ length: partialsMax * 2 }, () =>
      client.probe.hello({ name: "x".repeat(400_000) }, { signal: stop.signal }),
    );
    const cancelled = Promise.all(
      long.map((going) => assert.rejects(going, { code: "cancelled" })),
    );
    // A call that goes through shows that the others are in their middle.
    await client.probe.hello({ name: "small" });
    stop.abort();
    await cancelled;
  }
  assert.deepEqual(await client.probe.hello({ name: "Ann" }), { message: "Hello Ann" });
});

test("ClientConnection takes the end of a call between the pieces of its answer", async () => {
  await using pair = await openPair();
  // More of them than may be in pieces at once: each must have been forgotten.
  for (let n = 0; n < partialsMax * 2; n += 1) {
    const { going, call } = await begin(pair);
    const piece = { call, flags: flag.more, payload: Buffer.alloc(10) };
    pair.peer.send(
      rawFrame(frame.reply, piece),
      rawJson(frame.error, { code: "aborted", message: "cut" }, { call }),
      // Late, and dropped.
      rawFrame(frame.reply, piece),
    );
    await assert.rejects(going, { code: "aborted" });
  }
  const { going, call } = await begin(pair);
  pair.peer.send(rawJson(frame.reply, { message: "whole" }, { call }));
  assert.deepEqual(await going, { message: "whole" });
});

test("small calls go through while 3 MB travel both ways", async () => {
  await using server = await openTestServer();
  await using client = await openTestClient(server.address);
  const order: string[] = [];
  const name = "x".repeat(3_000_000);
  const long = client.probe.hello({ name }).then(({ message }) => {
    assert.equal(message.length, name.length + 6);
    order.push("long");
  });
  for (let n = 0; n < 200; n += 20) {
    const batch = Array.from({ length: 20 }, async () => {
      await client.probe.hello({ name: "small" });
      order.push("small");
    });
    // The first of them were sent together with the beginning of the long one.
    if (n === 0) await Promise.all(batch);
    else await Promise.race([Promise.all(batch), long]);
  }
  await long;
  assert(
    order.indexOf("long") >= 20,
    `the long call was answered after ${order.indexOf("long")} small ones`,
  );
});

test("more long messages than may be in pieces at once all arrive, both ways", async () => {
  await using server = await openTestServer();
  await using client = await openTestClient(server.address);
  const names = Array.from({ length: 100 }, (_, n) => `${n} ${"x".repeat(chunkBytes * 2)}`);
  const answers = await Promise.all(
    names.map((name) => client.probe.hello({ name }, { timeoutMs: 60_000 })),
  );
  assert.deepEqual(
    answers.map(({ message }) => message),
    names.map((name) => `Hello ${name}`),
  );
});

test("ClientConnection finishes what it has after GOAWAY, takes nothing new, and leaves", async () => {
  await using pair = await openPair();
  const { going, call } = await begin(pair);
  pair.peer.send(rawFrame(frame.goaway));
  await pair.client.connection.ended;
  assert.equal(pair.client.connection.usable, false);
  await assert.rejects(pair.client.probe.nothing(), never);
  pair.peer.send(rawJson(frame.reply, { message: "last" }, { call }));
  assert.deepEqual(await going, { message: "last" });
  await closed(pair.peer.socket);
});

test("ClientConnection delivers a notification before it is closed", async () => {
  for (const text of ["short", "x".repeat(1_000_000)]) {
    const told = Promise.withResolvers<string>();
    await using server = await openTestServer({ log: ({ text }) => told.resolve(text) });
    const client = await openTestClient(server.address);
    await client.probe.log({ text });
    await client[Symbol.asyncDispose]();
    assert.equal(await told.promise, text);
  }
});

const violations: { readonly [claim: string]: (call: number) => Buffer } = {
  "a frame of an unknown type": () => rawFrame(200),
  "a frame that only callers send": (call) => rawFrame(frame.cancel, { call }),
  "an ITEM for a call with one answer": (call) => rawJson(frame.item, {}, { call }),
  "an END for a call with one answer": (call) => rawFrame(frame.end, { call }),
  "a CREDIT of the wrong length": (call) => rawFrame(frame.credit, { call }),
  "an ERROR in pieces": (call) => rawFrame(frame.error, { call, flags: flag.more }),
  "bytes that are no frames": () => Buffer.from("HTTP/1.1 200 OK\r\n\r\n"),
};

for (const [claim, bytes] of Object.entries(violations)) {
  test(`ClientConnection ends after ${claim}, and its calls fail`, async () => {
    await using pair = await openPair();
    const { going, call } = await begin(pair);
    const failed = assert.rejects(going, lost);
    pair.peer.send(bytes(call));
    await failed;
    await pair.peer.left;
  });
}

test("ClientConnection ends after a REPLY for a stream of answers", async () => {
  await using pair = await openPair();
  const first = pair.client.probe.count({ to: 1 }).next();
  const { call } = await pair.peer.nextOf(frame.call);
  const failed = assert.rejects(first, lost);
  pair.peer.send(rawJson(frame.reply, { n: 1 }, { call }));
  await failed;
});

test("ClientConnection fails its calls as `unavailable` when the far side ends it by an ERROR", async () => {
  await using pair = await openPair();
  const { going } = await begin(pair);
  const failed = assert.rejects(going, {
    ...lost,
    message: /ended by the far side: not your fault/,
  });
  pair.peer.send(rawJson(frame.error, { code: "invalid_argument", message: "not your fault" }, {}));
  await failed;
});

test("ClientConnection says `internal` for an answer that cannot be read", async () => {
  await using pair = await openPair();
  for (const payload of [Buffer.alloc(0), Buffer.from("{"), Buffer.from([0xff])]) {
    const { going, call } = await begin(pair);
    pair.peer.send(rawFrame(frame.reply, { call, payload }));
    await assert.rejects(going, { code: "internal", maybeExecuted: true });
  }
});

test("a clean-up of the caller's iterable that throws or hangs harms nobody", async () => {
  const refusing = { sum: async () => ({ sum: 0 }) };
  await using server = await openTestServer(refusing);
  await using client = await openTestClient(server.address);
  for (const cleanUp of [
    () => Promise.reject(new Error("no")),
    () => new Promise<never>(() => {}),
  ]) {
    async function* inputs() {
      try {
        for (let n = 0; ; n += 1) {
          yield { n };
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        await cleanUp();
      }
    }
    assert.deepEqual(await client.probe.sum(inputs()), { sum: 0 });
    async function* wrong() {
      try {
        yield { n: 1n as unknown as number };
      } finally {
        await cleanUp();
      }
    }
    await client.probe.sum(wrong()).catch(() => {});
  }
  assert.deepEqual(await client.probe.nothing(), {});
});

test("a generator of the service that hangs or throws in its clean-up does not keep the call", async () => {
  const ended = Promise.withResolvers<void>();
  await using server = await openTestServer({
    async *count({ to }, call) {
      try {
        yield { n: 1 };
        yield { n: "no number" as unknown as number };
      } finally {
        void aborted(call.signal).then(() => ended.resolve());
        if (to === 0) await new Promise(() => {});
        // oxlint-disable-next-line no-unsafe-finally -- what it does is the case
        else throw new Error("no clean end");
      }
    },
  });
  // Protobuf has no way to say the second item: there the call would end by it, and nobody would leave.
  await using client = await openTestClient(server.address, { protobuf: false });
  for (const to of [0, 1]) {
    const answers = client.probe.count({ to });
    await answers.next();
    await answers.return?.();
    assert.deepEqual(await client.probe.nothing(), {});
  }
  await ended.promise;
  assert.equal(server.rpc.active, 0);
});
