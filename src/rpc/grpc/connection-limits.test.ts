/** What one connection may cost, limit by limit, as somebody uses it up who reads no specification. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import type { Socket } from "node:net";
import { test } from "node:test";

import { soon } from "../../testing/soon.ts";
import { envelope } from "./grpc-frames.ts";
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

/** "a: b" and nothing that a request must have. */
const noRequest = Buffer.from([0, 1, 0x61, 1, 0x62]);
const endHeaders = 4;

test("HttpEntrance closes a connection with more wrong frames than `errors`", async () => {
  await using target = await openTarget({ errors: 10 });
  const socket = openRaw(target.server);
  const wrong = Array.from({ length: 40 }, (_, n) => {
    return frame(frameType.headers, endHeaders, 2 * n + 1, noRequest);
  });
  socket.write(Buffer.concat([preface, emptySettings, ...wrong]));
  await gone(socket);
});

test("HttpEntrance closes a connection that has pings answered and reads no answer", async () => {
  await using target = await openTarget();
  const socket = openRaw(target.server);
  socket.pause();
  const pings = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
  socket.write(Buffer.concat([preface, emptySettings]));
  // More than the buffers of both ends can hold.
  for (let n = 0; n < 2_000 && !socket.destroyed; n += 1) {
    if (!socket.write(pings)) await drained(socket);
  }
  await gone(socket);
});

const ping = frame(frameType.ping, 0, 0, Buffer.alloc(8));

test("HttpEntrance ends a request over HTTP/1.1 that is not whole after `uploadMs`", async () => {
  await using target = await openTarget({ headMs: 20, uploadMs: 40 });
  const socket = openRaw(target.server);
  const answer = soon("the answer", once(socket, "data"));
  socket.write("POST /probe.v1.Probe/Hello HTTP/1.1\r\nhost: localhost\r\n");
  socket.write("content-type: application/json\r\ncontent-length: 100\r\n\r\n{");
  assert.match(String((await answer)[0]), /^HTTP\/1\.1 408 /);
  await gone(socket);
});

test("HttpEntrance keeps an idle connection over HTTP/1.1 no longer than `idleMs`", async () => {
  await using target = await openTarget({ idleMs: 20 });
  const socket = openRaw(target.server);
  const answer = soon("the answer", once(socket, "data"));
  socket.write("POST /probe.v1.Probe/Hello HTTP/1.1\r\nhost: localhost\r\n");
  socket.write('content-type: application/json\r\ncontent-length: 14\r\n\r\n{"name":"Ann"}');
  assert.match(String((await answer)[0]), /^HTTP\/1\.1 200 /);
  await gone(socket);
});

test("HttpEntrance takes no more calls on a connection that holds `sessionMegabytes`, and goes on with the others", async () => {
  // What the calls of 100 such callers keep is 1.2 MB.
  const long = { ...grpcJson, "x-long": "x".repeat(12_000) };
  for (const [sessionMegabytes, takesAll] of [
    [1, false],
    [2, true],
  ] as const) {
    await using target = await openTarget({ sessionMegabytes });
    await using caller = openHttp2Caller(target.server.address);
    await once(caller.session, "remoteSettings");
    const begin = () => {
      const call = caller.session.request({ ":method": "POST", ":path": sum, ...long });
      call.on("error", () => {});
      // The answer of a stream begins when its handler has.
      const head = new Promise<boolean>((resolve) => {
        call.once("response", () => resolve(true));
        call.once("close", () => resolve(false));
      });
      return { call, head };
    };
    const first = begin();
    let taken = (await soon("the first", first.head)) ? 1 : 0;
    let last = first;
    while (taken < 100) {
      last = begin();
      if (!(await soon("a head or an end", last.head))) break;
      taken += 1;
    }
    assert.equal(taken === 100, takesAll, `${taken} were taken`);
    if (!takesAll) assert.equal(last.call.rstCode, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    const trailers = once(first.call, "trailers");
    first.call.resume().end(jsonEnvelope({ n: 3 }));
    assert.equal((await soon("the end of the first", trailers))[0]["grpc-status"], "0");
  }
});

test("HttpEntrance counts messages that are not whole for `sessionMegabytes`, and all of them become whole", async () => {
  await using target = await openTarget({ sessionMegabytes: 1 });
  await using caller = openHttp2Caller(target.server.address);
  const message = envelope(0, Buffer.from(`{"n":1${" ".repeat(200_000)}}`));
  const calls = Array.from({ length: 20 }, () => {
    const call = caller.session.request({ ":method": "POST", ":path": sum, ...grpcJson });
    call.write(message.subarray(0, -1));
    return { call, ended: once(call, "trailers") };
  });
  const post = () => caller.post(hello, grpcJson, jsonEnvelope({ name: "Ann" }));
  // 4 MB are on their way: sooner or later there is more than a quarter of them.
  const isTaken = () => post().then(Boolean, () => false);
  let tries = 0;
  while ((await isTaken()) && tries < 1_000) tries += 1;
  assert.ok(tries < 1_000, "other calls are still taken");
  for (const { call } of calls) call.resume().end(message.subarray(-1));
  const all = await soon("the ends", Promise.all(calls.map(({ ended }) => ended)));
  assert.deepEqual(new Set(all.map(([trailers]) => trailers["grpc-status"])), new Set(["0"]));
  assert.equal((await post()).trailers["grpc-status"], "0");
});

const sum = "/probe.v1.Probe/Sum";

/** Or gone. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("drain", resolve);
    socket.once("close", () => resolve());
  });
}
