import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { advanceUntil } from "../../testing/advance-until.ts";
import { closed } from "../../testing/closed.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createGreeter } from "./fixtures/greeter.ts";
import { openFixture } from "./fixtures/open-fixture.ts";
import { gatewayLimits, sweepMs } from "./limits.ts";

async function openGreeter(options: Parameters<typeof openFixture>[1] = {}) {
  const { greeter, seen } = createGreeter();
  return { ...(await openFixture([greeter], options)), seen };
}

const post =
  "POST /greeter/hello HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

/** All that a socket brings until it is closed. */
async function rest(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => (text += String(chunk)));
  await closed(socket);
  return text;
}

test("a body that says that it is too large is 413 before a byte of it is sent", async () => {
  await using fixture = await openGreeter();
  const socket = await fixture.socket();
  socket.write(`${post}Content-Length: 10000000\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 413 [^]*connection: close/);
  socket.destroy();
});

test("a client that sends 10 MB at once reads the 413", async () => {
  await using fixture = await openGreeter();
  const headers = { "content-type": "application/json" };
  const body = Buffer.alloc(10_000_000, " ");
  const sized = await fixture.fetch("/greeter/hello", { method: "POST", headers, body });
  assert.equal(sized.status, 413);
  const init = { method: "POST", headers, body: new Blob([body]).stream(), duplex: "half" };
  const chunked = await fixture.fetch("/greeter/hello", init as RequestInit);
  assert.equal(chunked.status, 413);
  assert.deepEqual(fixture.seen.inputs, []);
});

test("the largest body that is allowed is taken, whole and in pieces", async () => {
  await using fixture = await openGreeter({ limits: { bodyBytesMax: 100_015 } });
  const json = `{"name":${" ".repeat(100_000)}"Ann"}`;
  assert.equal(json.length, 100_014);
  for (const [body, status] of [
    [json, 200],
    [`${json} `, 200],
    [`${json}  `, 413],
  ] as const) {
    const headers = { "content-type": "application/json" };
    const whole = await fixture.fetch("/greeter/hello", { method: "POST", headers, body });
    assert.equal(whole.status, status);
    const pieces = [...body].map((piece) => `1\r\n${piece}\r\n`).join("");
    const text = `${post}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${pieces}0\r\n\r\n`;
    assert.match(await fixture.raw(text), new RegExp(`^HTTP/1.1 ${status} `));
  }
});

test("bodies that are too much together are 429, and their bytes are given back", async () => {
  await using fixture = await openGreeter({ limits: { bodiesBytesMax: 40 } });
  const name = "x".repeat(30);
  assert.equal((await fixture.fetch("/greeter/hello", { json: { name } })).status, 429);
  for (let call = 0; call < 5; call++) {
    assert.equal((await fixture.fetch("/greeter/hello", { json: { name: "Ann" } })).status, 200);
    assert.equal((await fixture.fetch("/greeter/hello", { json: { name: 1 } })).status, 400);
  }
});

test("JSON that is broken, deep or odd is 400, and everybody else is answered", async () => {
  await using fixture = await openGreeter();
  const deep = `{"name":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
  const deeper = `${"[".repeat(400_000)}${"]".repeat(400_000)}`;
  const bodies = [
    deep,
    deeper,
    "{",
    "null",
    "[]",
    '"Ann"',
    '{"name":"Ann"',
    '{"name":1e400}',
    "NaN",
  ];
  const headers = { "content-type": "application/json" };
  for (const body of bodies) {
    const direct = await fixture.fetch("/greeter/hello", { method: "POST", headers, body });
    assert.equal(direct.status, 400, body.slice(0, 20));
    const bound = await fixture.fetch("/greeter/things/7", { method: "PUT", headers, body });
    assert.equal(bound.status, 400, body.slice(0, 20));
  }
  const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
  const broken = await fixture.fetch("/greeter/hello", { method: "POST", headers, body: bytes });
  assert.match(await broken.text(), /it is not UTF-8/);
  assert.equal((await fixture.fetch("/greeter/mine")).status, 200);
});

test("requests beyond requestsMax are 429", async () => {
  await using fixture = await openGreeter({ limits: { requestsMax: 1 } });
  const called = once(fixture.seen.events, "slow");
  const first = fixture.fetch("/greeter/wait", { json: { label: "slow" } });
  await called;
  const second = await fixture.fetch("/greeter/mine");
  assert.deepEqual([second.status, second.headers.get("retry-after")], [429, "1"]);
  fixture.seen.release();
  assert.equal((await first).status, 200);
  assert.equal((await fixture.fetch("/greeter/mine")).status, 200);
});

test("headers that are too large or too many are 431, a target that is too long is 414", async () => {
  await using fixture = await openGreeter();
  const large = `X-Large: ${"x".repeat(2_000_000)}\r\n`;
  assert.match(await fixture.raw(`${post}${large}\r\n`), /^HTTP\/1\.1 431 [^]*header_too_large/);
  const many = "A: b\r\n".repeat(gatewayLimits.headersMax);
  assert.match(
    await fixture.raw(`${post}${many}Content-Length: 2\r\nConnection: close\r\n\r\n{}`),
    /^HTTP\/1\.1 431 /,
  );
  const path = `/${"x".repeat(gatewayLimits.targetBytesMax)}`;
  const long = await fixture.raw(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  );
  assert.match(long, /^HTTP\/1\.1 414 /);
});

test("200 clients that send their headers slowly are cut off, and others are answered meanwhile", async () => {
  const limits = { headersTimeoutMs: 50, requestTimeoutMs: 100 };
  await using fixture = await openGreeter({ limits });
  const slow = await Promise.all(Array.from({ length: 200 }, () => fixture.socket()));
  for (const socket of slow) socket.write(post);
  const closed = Promise.all(slow.map(rest));
  assert.equal((await fixture.fetch("/greeter/mine")).status, 200);
  for (const answer of await closed) assert.match(answer, /^HTTP\/1\.1 408 [^]*request_timeout/);
});

test("a body of which nothing comes for bodyIdleMs is 408 and its connection closed", async () => {
  const clock = createManualClock();
  await using fixture = await openGreeter({ clock });
  const socket = await fixture.socket();
  socket.write(`${post}Content-Length: 100\r\n\r\n{`);
  const answer = rest(socket);
  // The sweep sees the request only when it has arrived, so time goes on until the answer is there.
  await advanceUntil(clock, answer, { stepMs: sweepMs });
  assert.match(await answer, /^HTTP\/1\.1 408 [^]*connection: close[^]*body_timeout/);
});

test("a body that comes slowly but steadily is taken", async () => {
  const clock = createManualClock();
  await using fixture = await openGreeter({ clock });
  const socket = await fixture.socket();
  const json = '{"name":"Ann"}';
  socket.write(`${post}Content-Length: ${json.length}\r\nConnection: close\r\n\r\n`);
  const answer = rest(socket);
  for (const piece of json) {
    await new Promise<void>((resolve) => void socket.write(piece, () => resolve()));
    // Twelve of these are longer than bodyIdleMs.
    await clock.advance(sweepMs);
  }
  assert.match(await answer, /^HTTP\/1\.1 200 /);
});

test("a body that never stops to come is 408 after requestTimeoutMs, also behind its answer", async () => {
  for (const [path, status] of [
    ["hello", 408],
    ["nothing", 404],
  ] as const) {
    const clock = createManualClock();
    await using fixture = await openGreeter({ clock });
    const socket = await fixture.socket();
    socket.write(`${post.replace("hello", path)}Content-Length: 100000\r\n\r\n{`);
    const answer = rest(socket);
    let seconds = 0;
    while (!socket.destroyed) {
      socket.write(" ");
      await clock.advance(sweepMs);
      seconds += 1;
    }
    assert.match(await answer, new RegExp(`^HTTP/1.1 ${status} `));
    assert.ok(seconds * sweepMs < gatewayLimits.requestTimeoutMs + 10_000, `${seconds} seconds`);
  }
});

test("a reader that takes no answer is cut off after readStallMs", async () => {
  await using fixture = await openGreeter({ limits: { readStallMs: 50 } });
  const socket = await fixture.socket();
  socket.pause();
  // More than what the buffers of two sockets hold, so that some of it waits in the gateway.
  const get = "GET /greeter/hello/Ann?times=400000 HTTP/1.1\r\nHost: localhost\r\n\r\n";
  socket.write(get.repeat(8));
  await fixture.logged("A client left before its answer");
  socket.destroy();
});

test("a reader that stops reading a stream is cut off after readStallMs, and the stream ends", async () => {
  await using fixture = await openGreeter({ limits: { readStallMs: 50 } });
  const ended = once(fixture.seen.events, "count ended");
  const socket = await fixture.socket();
  socket.pause();
  socket.write("GET /greeter/count/2000000000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await ended;
  socket.destroy();
});

test("a connection beyond connectionsMax is closed at once", async () => {
  await using fixture = await openGreeter({ limits: { connectionsMax: 1 } });
  const first = await fixture.socket();
  const second = await fixture.socket();
  assert.equal(await rest(second), "");
  first.destroy();
});
