/**
 * Callers who do not keep the protocol, or keep it in bad faith: each is stopped by a limit, and hinders nobody else.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { createRandom } from "../../testing/random.ts";
import { soon } from "../../testing/soon.ts";
import { envelope, envelopeFlag } from "./grpc-frames.ts";
import { jsonEnvelope, openHttp2Caller } from "./test-caller.ts";
import {
  emptySettings,
  frame,
  frameType,
  gone,
  grpcJson,
  hello,
  openRaw,
  openTarget,
  preface,
} from "./test-raw-caller.ts";

test("Http2Connection sends a connection away that only resets its calls, by the limit `resets`", async () => {
  await using target = await openTarget({ resets: 20, resetsPerSecond: 0 });
  const caller = openHttp2Caller(target.server.address);
  const away = once(caller.session, "goaway");
  await once(caller.session, "remoteSettings");
  for (let n = 0; n < 100; n += 1) {
    const stream = caller.session.request({ ":method": "POST", ":path": hello, ...grpcJson });
    stream.on("error", () => {});
    stream.close(constants.NGHTTP2_CANCEL);
  }
  const [code] = await soon("GOAWAY", away);
  assert.equal(code, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  await caller[Symbol.asyncDispose]();
});

test("HttpEntrance closes a connection whose headers never end (CONTINUATION flood)", async () => {
  await using target = await openTarget();
  const socket = openRaw(target.server);
  socket.write(Buffer.concat([preface, emptySettings]));
  // One header without a name in the table: "a: b", never END_HEADERS.
  const field = Buffer.from([0, 1, 0x61, 1, 0x62]);
  socket.write(frame(frameType.headers, 0, 1, field));
  for (let n = 0; n < 20_000 && !socket.destroyed; n += 1) {
    socket.write(frame(frameType.continuation, 0, 1, field));
  }
  await gone(socket);
});

test("HttpEntrance refuses more headers than `headers` and `headerBytes` allow", async () => {
  await using target = await openTarget({ headers: 32, headerBytes: 4_096 });
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`x-${n}`, "1"]));
  const long = { "x-long": "x".repeat(8_192) };
  for (const bomb of [many, long]) {
    await using caller = openHttp2Caller(target.server.address);
    const post = caller.post(hello, { ...grpcJson, ...bomb }, jsonEnvelope({ name: "" }));
    const outcome = await post.then(
      ({ headers }) => headers[":status"] ?? "reset",
      () => "reset",
    );
    assert.notEqual(outcome, 200);
  }
  const url = `${target.server.address.replace("tcp:", "http:")}${hello}`;
  const answer = await fetch(url, { method: "POST", headers: long, body: "{}" });
  assert.equal(answer.status, 431);
});

test("HttpEntrance lets no connection have more calls than `streams`", async () => {
  await using target = await openTarget({ streams: 3 });
  await using caller = openHttp2Caller(target.server.address);
  await once(caller.session, "remoteSettings");
  assert.equal(caller.session.remoteSettings.maxConcurrentStreams, 3);
});

test("HttpEntrance closes a connection that says its preface and nothing more, after `headMs`", async () => {
  await using target = await openTarget({ headMs: 10_000 });
  const socket = openRaw(target.server);
  await once(socket, "connect");
  socket.write(preface);
  // The server's own SETTINGS show that it listens.
  await once(socket, "data");
  await target.server.clock.advance(10_001);
  await gone(socket);
});

test("HttpCall refuses a message over `messageBytes`, as it travels or unpacked, before it is read", async () => {
  await using target = await openTarget({ messageBytes: 1_000 });
  await using caller = openHttp2Caller(target.server.address);
  const lengthOnly = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]);
  const bomb = envelope(envelopeFlag.compressed, gzipSync(Buffer.alloc(10_000_000)));
  const gzip = { ...grpcJson, "grpc-encoding": "gzip" };
  for (const body of [lengthOnly, bomb]) {
    const { headers } = await caller.post(hello, gzip, body);
    assert.equal(headers["grpc-status"], "8");
    assert.match(String(headers["grpc-message"]), /the limit is 1000 bytes/);
  }
  const json = { "content-type": "application/json" };
  const unary = await caller.post(hello, json, Buffer.alloc(2_000));
  assert.equal(unary.headers[":status"], 429);
});

/** More with REEF_MUTATIONS=100000; the seed is in the name of the test that fails. */
const mutations = Number(process.env["REEF_MUTATIONS"] ?? 200);
const seed = Number(process.env["REEF_SEED"] ?? 20_250_102);

test("HttpCall answers bytes that are no envelopes, whatever they are", async () => {
  await using target = await openTarget({ messageBytes: 10_000 });
  await using caller = openHttp2Caller(target.server.address);
  const random = createRandom(7);
  for (let n = 0; n < 200; n += 1) {
    const body = Buffer.from(
      Array.from({ length: Math.floor(random() * 40) }, () => random() * 256),
    );
    const { headers, trailers } = await caller.post(hello, grpcJson, body);
    assert.ok(Number(headers["grpc-status"] ?? trailers["grpc-status"]) > 0);
  }
});

test(`HttpEntrance survives ${mutations} mutations of seed ${seed} of a connection`, async () => {
  await using target = await openTarget();
  const random = createRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const whole = await recorded();
  for (let round = 0; round < mutations; round += 1) {
    const bytes = Buffer.from(whole);
    for (let change = below(4); change >= 0; change -= 1) {
      // Behind the preface: what does not begin with it is not HTTP/2.
      bytes[preface.length + below(bytes.length - preface.length)] = below(256);
    }
    const from = preface.length + below(bytes.length - preface.length);
    const again = bytes.subarray(from, from + below(60));
    const socket = openRaw(target.server);
    socket.end(Buffer.concat([bytes.subarray(0, bytes.length - below(20)), again]));
    await gone(socket);
  }
});

/** What a caller sends that makes one call. */
async function recorded(): Promise<Buffer> {
  const parts: Buffer[] = [];
  const heard = Promise.withResolvers<void>();
  const body = Buffer.from(jsonEnvelope({ name: "Ann" }));
  const listener = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      parts.push(chunk);
      if (Buffer.concat(parts).includes(body)) heard.resolve();
    });
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  // It listens on TCP.
  const { port } = listener.address() as AddressInfo;
  const caller = openHttp2Caller(`tcp://127.0.0.1:${port}`);
  const post = caller.post(hello, grpcJson, body);
  await soon("the bytes of a call", heard.promise);
  await caller[Symbol.asyncDispose]();
  await post.catch(() => {});
  listener.close();
  return Buffer.concat(parts);
}
