/** What one connection may cost, limit by limit, as somebody uses it up who reads no specification. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";

import { soon } from "../../testing/soon.ts";
import {
  emptySettings,
  frame,
  frameType,
  gone,
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

/** Or gone. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("drain", resolve);
    socket.once("close", () => resolve());
  });
}
