import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { closed } from "../testing/closed.ts";
import { freePort } from "../testing/free-port.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { openListener } from "./listen.ts";
import { magic } from "./wire/frames.ts";
import { helloTimeoutMs } from "./wire/handshake.ts";
import { openRawCaller } from "./wire/test-raw-peer.ts";

const local = "tcp://127.0.0.1:0";

/** Answers the first bytes of each native connection with this. */
function saying(text: string) {
  return {
    onNative: (socket: Socket) => void socket.end(text),
    onHttp: () => assert.fail("this is no HTTP"),
  };
}

async function folder() {
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** What a caller hears that says the magic. */
async function ask(address: string): Promise<string> {
  await using caller = await openRawCaller(address);
  caller.send(magic);
  return (await caller.left).toString();
}

test("openListener() tells protocols apart by the first bytes, which it does not eat", async () => {
  const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const seen: string[] = [];
  const heard: string[] = [];
  const onSocket = (protocol: string, socket: Socket) => {
    seen.push(protocol);
    socket.once("data", (chunk) => {
      heard.push(chunk.toString("latin1"));
      socket.end();
    });
    socket.resume();
  };
  await using listener = await openListener(local, {
    onNative: (socket) => onSocket("native", socket),
    onHttp: (socket, version) => onSocket(version, socket),
  });
  const first = Buffer.from(magic.subarray(0, 1)).toString("latin1");
  for (const words of [[first], ["GET / HTTP/1.1\r\n"], ["PRI *", preface.slice(5)], ["PRIVY "]]) {
    await using caller = await openRawCaller(listener.address);
    for (const word of words) {
      caller.send(Buffer.from(word, "latin1"));
      await new Promise(setImmediate);
    }
    await caller.left;
  }
  assert.deepEqual(seen, ["native", "http1", "http2", "http1"]);
  assert.deepEqual(heard, [first, "GET / HTTP/1.1\r\n", preface, "PRIVY "]);
});

test("openListener() closes a connection that says nothing", async () => {
  const clock = createManualClock();
  const closed = Promise.withResolvers<void>();
  await using listener = await openListener(local, { ...saying(""), clock });
  await using mute = await openRawCaller(listener.address);
  void mute.left.then(() => closed.resolve());
  await ask(listener.address);
  await clock.advance(helloTimeoutMs);
  await closed.promise;
  assert.equal(clock.pending, 0);
});

test("openListener() lets a successor take a Unix socket over while the old one still serves", async () => {
  await using place = await folder();
  const address = `unix:${place.path}/s.sock`;
  await using first = await openListener(address, saying("first"));
  assert.equal(await ask(address), "first");
  await using early = await openRawCaller(address);
  await using second = await openListener(address, saying("second"));
  assert.equal(await ask(address), "second");
  early.send(magic);
  assert.equal((await early.left).toString(), "first");
  await first.stop();
  // The file is the successor's, so it stays.
  assert.equal(await ask(address), "second");
  await second.stop();
  assert.deepEqual(await readdir(place.path), []);
});

test("openListener() leaves an address to whoever has it until take()", async () => {
  await using place = await folder();
  for (const address of [`unix:${place.path}/s.sock`, `tcp://127.0.0.1:${await freePort()}`]) {
    await using first = await openListener(address, saying("first"));
    await using never = await openListener(address, { ...saying("never"), take: "later" });
    assert.equal(never.address, address);
    for (let n = 0; n < 20; n += 1) assert.equal(await ask(address), "first");
    await never.stop();
    await using second = await openListener(address, { ...saying("second"), take: "later" });
    await second.take();
    await first.stop();
    assert.equal(await ask(address), "second");
  }
  assert.deepEqual(await readdir(place.path), []);
});

test("take() says that a port is taken by one who does not share it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  const address = `tcp://127.0.0.1:${port}`;
  await using listener = await openListener(address, { ...saying(""), take: "later" });
  await assert.rejects(listener.take(), { code: "failed_precondition" });
  other.close();
});

test("openListener() says that a port is taken", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  await assert.rejects(openListener(`tcp://127.0.0.1:${port}`, saying("")), {
    code: "failed_precondition",
    message: `Cannot listen on tcp://127.0.0.1:${port}: another program listens there`,
  });
  other.close();
});

test("openListener() listens on the longest path that it accepts, and leaves nothing when it cannot", async () => {
  await using place = await folder();
  const path = `${place.path}/`.padEnd(96, "x");
  await using listener = await openListener(`unix:${path}`, saying("here"));
  assert.equal(await ask(listener.address), "here");
  await assert.rejects(openListener(`unix:${path}x`, saying("")), { code: "invalid_argument" });
  // A folder cannot be renamed over.
  await using full = await folder();
  const parent = await mkdtemp(join(full.path, "d"));
  await assert.rejects(openListener(`unix:${parent}`, saying("")), { code: "failed_precondition" });
  assert.deepEqual((await readdir(full.path)).length, 1);
});

test("openListener() keeps the connections it has when there are too many", async () => {
  const open: Socket[] = [];
  const onNative = (socket: Socket) => void open.push(socket);
  await using listener = await openListener(local, { ...saying(""), onNative, connectionsMax: 1 });
  await using kept = await openRawCaller(listener.address);
  const { port } = new URL(listener.address);
  const refused = connect(Number(port), "127.0.0.1").on("error", () => {});
  refused.resume();
  await closed(refused);
  kept.send(magic);
  while (open.length === 0) await new Promise((resolve) => setImmediate(resolve));
  open[0]?.end("still here");
  assert.equal((await kept.left).toString(), "still here");
});
