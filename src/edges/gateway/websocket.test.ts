import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { createManualClock } from "../../testing/manual-clock.ts";
import { within } from "../../testing/within.ts";
import { createGreeter } from "./fixtures/greeter.ts";
import { openFixture } from "./fixtures/open-fixture.ts";
import {
  frame,
  handshake,
  opcode,
  openRawSocket,
  openWebSocket,
} from "./fixtures/open-web-socket.ts";
import { gatewayLimits, sweepMs } from "./limits.ts";
import { keepAliveMs } from "./stream-answer.ts";

/** Whether there is room again before the other side has surely stopped to read. */
function drainedSoon(socket: Socket): Promise<boolean> {
  return once(socket, "drain", { signal: AbortSignal.timeout(500) }).then(
    () => true,
    () => false,
  );
}

async function openGreeter(options: Parameters<typeof openFixture>[1] = {}) {
  const { greeter, seen } = createGreeter();
  return { ...(await openFixture([greeter], options)), seen };
}

/** A last message of a call that failed. */
function problemOf(message: unknown): { readonly [field: string]: unknown } {
  const [word, problem] = message as [string, { readonly [field: string]: unknown }];
  assert.equal(word, "error");
  return problem;
}

test("a bidirectional stream answers each message as it comes, and ends after its inputs", async () => {
  await using fixture = await openGreeter();
  const chat = await openWebSocket(fixture, "/greeter/chat");
  for (const text of ["a", "ü€😀", "x".repeat(200_000)]) {
    chat.send({ text });
    assert.deepEqual(await chat.next(), { text });
  }
  chat.send({ text: "last" });
  chat.send(["end"]);
  assert.deepEqual(await chat.next(), { text: "last" });
  assert.deepEqual(await chat.closed, { code: 1000, reason: "" });
});

test("a client stream is answered once, after its end", async () => {
  await using fixture = await openGreeter();
  const total = await openWebSocket(fixture, "/greeter/total");
  total.send({ text: "a" });
  total.send({ text: "b" });
  total.webSocket.send(' [ "end" ] ');
  assert.deepEqual(await total.next(), { lines: 2, text: "a b" });
  assert.equal((await total.closed).code, 1000);
});

test("a client stream may answer before its end", async () => {
  await using fixture = await openGreeter();
  const total = await openWebSocket(fixture, "/greeter/total");
  total.send({ text: "enough" });
  assert.deepEqual(await total.next(), { lines: 1, text: "enough" });
  assert.equal((await total.closed).code, 1000);
});

test("a server stream takes its input as the first message, or from its path", async () => {
  await using fixture = await openGreeter();
  const count = await openWebSocket(fixture, "/greeter/count");
  count.send({ to: 2 });
  const bound = await openWebSocket(fixture, "/greeter/count/2");
  for (const stream of [count, bound]) {
    assert.deepEqual([await stream.next(), await stream.next()], [{ n: 1 }, { n: 2 }]);
    assert.equal((await stream.closed).code, 1000);
  }
});

test("a typed error is the last message, with its data, and the close has its status", async () => {
  await using fixture = await openGreeter();
  const chat = await openWebSocket(fixture, "/greeter/chat");
  chat.send({ text: "a" });
  chat.send({ text: "Nobody" });
  assert.deepEqual(await chat.next(), { text: "a" });
  const problem = problemOf(await chat.next());
  assert.equal(problem["type"], "urn:reef:error:greeter:nobody");
  assert.deepEqual(problem["data"], { name: "Nobody" });
  assert.deepEqual(await chat.closed, { code: 4404, reason: "not_found" });
  const total = await openWebSocket(fixture, "/greeter/total");
  total.send({ text: "STOP" });
  assert.deepEqual(problemOf(await total.next())["data"], { line: 1 });
  assert.equal((await total.closed).code, 4400);
});

test("a bug of a handler is 4500 and tells nothing of the inside", async () => {
  await using fixture = await openGreeter();
  const chat = await openWebSocket(fixture, "/greeter/chat");
  chat.send({ text: "secret" });
  const problem = problemOf(await chat.next());
  assert.equal(problem["code"], "internal");
  assert.doesNotMatch(JSON.stringify(problem), /house/);
  assert.match(JSON.stringify(fixture.lines), /secret of the house/);
  assert.equal((await chat.closed).code, 4500);
});

test("a message that is no input ends the call with what is wrong", async () => {
  await using fixture = await openGreeter();
  const bad = ["{", "7", "null", '["begin"]', '{"text":7}', ""];
  for (const text of bad) {
    const chat = await openWebSocket(fixture, "/greeter/chat");
    chat.webSocket.send(text);
    assert.equal(problemOf(await chat.next())["code"], "invalid_argument", text);
    assert.equal((await chat.closed).code, 4400, text);
  }
});

test("a message after the end, and a second one for one input, is 4400", async () => {
  await using fixture = await openGreeter();
  const total = await openWebSocket(fixture, "/greeter/total");
  total.send({ text: "wait" });
  total.send(["end"]);
  total.send({ text: "late" });
  assert.match(String(problemOf(await total.next())["detail"]), /it came after \["end"\]/);
  assert.equal((await total.closed).code, 4400);
  const count = await openWebSocket(fixture, "/greeter/count");
  count.send({ to: 0 });
  count.send({ to: 1 });
  assert.match(String(problemOf(await count.next())["detail"]), /takes one input/);
  const bound = await openWebSocket(fixture, "/greeter/count/0");
  bound.send({ to: 1 });
  assert.match(String(problemOf(await bound.next())["detail"]), /its input is in the path/);
  const none = await openWebSocket(fixture, "/greeter/count");
  none.send(["end"]);
  assert.match(String(problemOf(await none.next())["detail"]), /its input is missing/);
  fixture.seen.release();
});

test("a binary message is 1003", async () => {
  await using fixture = await openGreeter();
  const chat = await openWebSocket(fixture, "/greeter/chat");
  chat.webSocket.send(Buffer.from('{"text":"a"}'));
  assert.equal(problemOf(await chat.next())["type"], "urn:reef:problem:unsupported_media_type");
  assert.equal((await chat.closed).code, 1003);
});

test("a client that does not read slows the method, which slows the client", async () => {
  await using fixture = await openGreeter();
  const { socket, received } = await openRawSocket(fixture, "/greeter/chat");
  socket.pause();
  const message = frame(opcode.text, JSON.stringify({ text: "x".repeat(60_000) }));
  let sentBytes = 0;
  async function sendUntilStuck(): Promise<void> {
    for (let stuck = false; !stuck && sentBytes < 200_000_000;) {
      sentBytes += message.length;
      if (!socket.write(message)) stuck = !(await drainedSoon(socket));
    }
  }
  await sendUntilStuck();
  assert.ok(sentBytes < 50_000_000, `${sentBytes} bytes went through to nobody`);
  // And all of them come back when it reads.
  socket.resume();
  const dueBytes = (sentBytes / message.length) * 60_000;
  while (received().length < dueBytes) await once(socket, "data");
  socket.destroy();
});

test("a client that leaves ends the call, in words or without", async () => {
  await using fixture = await openGreeter();
  for (const leave of ["close", "destroy"]) {
    const ended = once(fixture.seen.events, "chat ended");
    if (leave === "close") (await openWebSocket(fixture, "/greeter/chat")).webSocket.close();
    else {
      const { socket } = await openRawSocket(fixture, "/greeter/chat");
      socket.destroy();
    }
    await ended;
  }
});

test("traceparent and x-timeout-ms come in headers or in the query", async () => {
  await using fixture = await openGreeter();
  const chat = await openWebSocket(fixture, "/greeter/chat?x-timeout-ms=30&x-request-id=order-7");
  const problem = problemOf(await chat.next());
  assert.deepEqual([problem["code"], problem["instance"]], ["deadline_exceeded", "order-7"]);
  assert.equal((await chat.closed).code, 4504);
  const headers = "Connection: close\r\nX-Timeout-Ms: 30\r\n";
  const twice = await fixture.raw(handshake("/greeter/chat?x-timeout-ms=30", headers));
  assert.match(twice, /^HTTP\/1\.1 400 [^]*Cannot use the query/);
  const bad = await fixture.raw(handshake("/greeter/chat?x-timeout-ms=soon"));
  assert.match(bad, /^HTTP\/1\.1 400 [^]*it must be 1 to/);
  const other = await fixture.raw(handshake("/greeter/chat?text=a"));
  assert.match(other, /^HTTP\/1\.1 400 [^]*Cannot use the query/);
});

test("the subprotocol is reef for those who ask for it", async () => {
  await using fixture = await openGreeter();
  const chat = await openWebSocket(fixture, "/greeter/chat", ["other", "reef"]);
  assert.equal(chat.webSocket.protocol, "reef");
  chat.webSocket.close();
  await chat.closed;
});

test("a handshake is refused as the same request over HTTP would be", async (t) => {
  const { greeter, seen } = createGreeter();
  await using fixture = await openFixture([greeter]);
  const chat = handshake("/greeter/chat");
  const refused: { readonly [name: string]: readonly [text: string, status: number] } = {
    "another version": [chat.replace("Version: 13", "Version: 8"), 426],
    "no version": [chat.replace("Sec-WebSocket-Version: 13\r\n", ""), 426],
    "a bad key": [chat.replace("dGhl", ""), 400],
    "a foreign page": [handshake("/greeter/chat", "Origin: https://evil.example\r\n"), 403],
    "a page of nobody": [handshake("/greeter/chat", "Origin: null\r\n"), 403],
    "a rebound name": [chat.replace("localhost", "evil.example"), 421],
    "two origins": [handshake("/greeter/chat", "Origin: http://localhost\r\n".repeat(2)), 400],
    "an unknown method": [handshake("/greeter/chatt"), 404],
    "an unknown service": [handshake("/gretter/chat"), 404],
    "a block": [handshake("/store/watch"), 404],
    "an ambiguous path": [handshake("/greeter/%2e%2e/chat"), 400],
    "a method with one answer": [handshake("/greeter/hello"), 405],
    "a binding with one answer": [handshake("/greeter/hello/Ann"), 405],
    "a page": [handshake("/services"), 404],
    "a bad bound input": [handshake("/greeter/count/many"), 400],
  };
  for (const [name, [text, status]] of Object.entries(refused)) {
    await t.test(name, async () => {
      const answer = await fixture.raw(text);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} [^]*application/problem\\+json`));
    });
  }
  const version = await fixture.raw(chat.replace("Version: 13", "Version: 8"));
  assert.match(version, /sec-websocket-version: 13/);
  const own = await fixture.socket();
  own.write(handshake("/greeter/chat", "Origin: http://localhost\r\n"));
  assert.match(String((await once(own, "data"))[0]), /^HTTP\/1\.1 101 /);
  own.destroy();
  assert.deepEqual(seen.inputs, []);
});

test("an upgrade to something else, or with a body, is a request like any other", async () => {
  await using fixture = await openGreeter();
  const post = "POST /greeter/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close, upgrade\r\n";
  const json = 'Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{"name":"Ann"}';
  assert.match(await fixture.raw(`${post}Upgrade: h2c\r\n${json}`), /^HTTP\/1\.1 200 /);
  assert.match(await fixture.raw(`${post}Upgrade: websocket\r\n${json}`), /^HTTP\/1\.1 200 /);
  const body = handshake("/greeter/chat", "Content-Length: 2\r\n").replace(
    "Connection: Upgrade",
    "Connection: Upgrade, close",
  );
  assert.match(await fixture.raw(`${body}{}`), /^HTTP\/1\.1 426 /);
});

test("dispose closes with 1001 and says when to come back", async () => {
  // A client that closes does not hold up the end.
  await within(1_500, async () => {
    await using fixture = await openGreeter();
    const chat = await openWebSocket(fixture, "/greeter/chat");
    chat.send({ text: "a" });
    await chat.next();
    const ended = once(fixture.seen.events, "chat ended");
    const started = performance.now();
    const disposed = fixture.gateway[Symbol.asyncDispose]();
    const problem = problemOf(await chat.next());
    assert.deepEqual([problem["type"], problem["retryAfterS"]], ["urn:reef:problem:going_away", 1]);
    assert.deepEqual(await chat.closed, { code: 1001, reason: "unavailable" });
    await disposed;
    const tookMs = performance.now() - started;
    await ended;
    return tookMs;
  });
});

test("a WebSocket beyond streamsMax is 429, and a place is free again after a close", async () => {
  await using fixture = await openGreeter({ limits: { streamsMax: 1 } });
  const first = await openWebSocket(fixture, "/greeter/chat");
  assert.match(await fixture.raw(handshake("/greeter/chat")), /^HTTP\/1\.1 429 /);
  first.send(["end"]);
  await first.closed;
  const second = await openWebSocket(fixture, "/greeter/chat");
  second.send({ text: "a" });
  assert.deepEqual(await second.next(), { text: "a" });
});

test("a client that answers no ping is cut off, one that does stays", async () => {
  const clock = createManualClock();
  await using fixture = await openGreeter({ clock });
  const dead = await openRawSocket(fixture, "/greeter/chat");
  const alive = await openWebSocket(fixture, "/greeter/chat");
  let beats = 0;
  while (!dead.socket.destroyed) {
    await clock.advance(sweepMs);
    beats += 1;
    if (beats % (keepAliveMs / sweepMs) !== 0) continue;
    alive.send({ text: "still here" });
    await alive.next();
  }
  assert.ok(beats <= (3 * keepAliveMs) / sweepMs, `${beats} seconds`);
  assert.equal(alive.webSocket.readyState, alive.webSocket.OPEN);
});

test("a first message that does not come is 4408", async () => {
  const clock = createManualClock();
  await using fixture = await openGreeter({ clock });
  const count = await openWebSocket(fixture, "/greeter/count");
  await clock.advance(gatewayLimits.bodyIdleMs + sweepMs);
  assert.equal(problemOf(await count.next())["type"], "urn:reef:problem:body_timeout");
  assert.equal((await count.closed).code, 4408);
});
