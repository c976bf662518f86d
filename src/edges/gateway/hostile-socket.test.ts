/**
 * What no client of good faith sends over a WebSocket: each ends in a close within the limits, and nobody else is hurt.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createRandom } from "../../testing/random.ts";
import { createGreeter } from "./fixtures/greeter.ts";
import { openFixture } from "./fixtures/open-fixture.ts";
import { frame, opcode, openRawSocket, openWebSocket } from "./fixtures/open-web-socket.ts";
import { gatewayLimits, sweepMs } from "./limits.ts";

async function openGreeter(options: Parameters<typeof openFixture>[1] = {}) {
  const { greeter, seen } = createGreeter();
  return { ...(await openFixture([greeter], options)), seen };
}

const { continuation, text, binary, close, ping, pong } = opcode;
const hello = '{"text":"a"}';
const notUtf8 = Buffer.from([0x22, 0xc0, 0xaf, 0x22]);

/** The frames, and the code of the close that answers them. */
const hostile: { readonly [name: string]: readonly [frames: readonly Buffer[], code: number] } = {
  "an unmasked frame": [[frame(text, hello, { masked: false })], 1002],
  "a reserved bit": [[frame(text, hello, { reserved: 2 })], 1002],
  "a message that says it is compressed": [[frame(text, hello, { reserved: 4 })], 1002],
  "an unknown opcode": [[frame(3, hello)], 1002],
  "an unknown control": [[frame(11, "")], 1002],
  "a continuation of nothing": [[frame(continuation, hello)], 1002],
  "a message inside of a message": [
    [frame(text, '{"te', { fin: false }), frame(text, hello)],
    1002,
  ],
  "a fragmented ping": [[frame(ping, "", { fin: false })], 1002],
  "a long ping": [[frame(ping, Buffer.alloc(126))], 1002],
  "a close of one byte": [[frame(close, "x")], 1002],
  "a close with a code that may not be sent": [[frame(close, Buffer.from([0x03, 0xed]))], 1002],
  "a length with its highest bit": [[frame(text, "", { length: 2n ** 63n })], 1009],
  "a length beyond what numbers are": [[frame(text, "", { length: 2n ** 53n })], 1009],
  "a length beyond the limit": [[frame(text, "", { length: 1_048_577n })], 1009],
  "fragments beyond the limit together": [
    [
      frame(text, Buffer.alloc(600_000, " "), { fin: false }),
      frame(continuation, Buffer.alloc(600_000, " ")),
    ],
    1009,
  ],
  "text that is not UTF-8": [[frame(text, notUtf8)], 1007],
  "text that is not UTF-8 in two halves": [
    [frame(text, notUtf8.subarray(0, 2), { fin: false }), frame(continuation, notUtf8.subarray(2))],
    1007,
  ],
  "a reason of a close that is not UTF-8": [
    [frame(close, Buffer.concat([Buffer.from([0x03, 0xe8]), notUtf8]))],
    1007,
  ],
  "a binary message": [[frame(binary, hello)], 1003],
  "20,000 fragments": [
    [
      frame(text, "", { fin: false }),
      ...Array.from({ length: 20_000 }, () => frame(continuation, "", { fin: false })),
    ],
    1008,
  ],
  "bytes of HTTP": [[Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")], 1002],
};

test("frames that break the protocol end in a close with its code, and others stay", async (t) => {
  await using fixture = await openGreeter();
  const other = await openWebSocket(fixture, "/greeter/chat");
  for (const [name, [frames, code]] of Object.entries(hostile)) {
    await t.test(name, async () => {
      const ended = once(fixture.seen.events, "chat ended");
      const { socket, closed } = await openRawSocket(fixture, "/greeter/chat");
      socket.write(Buffer.concat([frame(text, hello), ...frames]));
      assert.equal(await closed, code);
      await ended;
      other.send({ text: "b" });
      assert.deepEqual(await other.next(), { text: "b" });
    });
  }
  assert.doesNotMatch(JSON.stringify(fixture.lines), /A call failed/);
});

test("controls between the fragments of a message, and frames cut anywhere, are read", async () => {
  await using fixture = await openGreeter();
  const { socket, received } = await openRawSocket(fixture, "/greeter/chat");
  const bytes = Buffer.concat([
    frame(text, '{"te', { fin: false }),
    frame(ping, "are you there"),
    frame(continuation, 'xt":', { fin: false }),
    frame(pong, "nobody asked"),
    frame(continuation, '"a"}'),
  ]);
  const expected = Buffer.concat([
    frame(pong, "are you there", { masked: false }),
    frame(text, hello, { masked: false }),
  ]);
  for (const byte of bytes) {
    await new Promise<void>((resolve) => void socket.write(Buffer.from([byte]), () => resolve()));
  }
  while (received().length < expected.length) await once(socket, "data");
  assert.deepEqual(received(), expected);
  socket.destroy();
});

test("a message that does not end is 4408 after requestTimeoutMs, pings or not", async () => {
  for (const filler of [frame(ping, "alive"), frame(continuation, " ", { fin: false })]) {
    const clock = createManualClock();
    await using fixture = await openGreeter({ clock });
    const { socket, closed } = await openRawSocket(fixture, "/greeter/chat");
    socket.write(frame(text, "[", { fin: false }));
    let seconds = 0;
    while (!socket.destroyed) {
      socket.write(filler);
      await clock.advance(sweepMs);
      seconds += 1;
    }
    assert.equal(await closed, 4408);
    assert.ok(seconds * 1_000 < gatewayLimits.requestTimeoutMs + 10_000, `${seconds} seconds`);
  }
});

test("30,000 tiny messages to a method that takes none cost a bounded amount of memory", async () => {
  await using fixture = await openGreeter({ limits: { messagesBytesMax: 8_000_000 } });
  const other = await openWebSocket(fixture, "/greeter/chat");
  const flood = Buffer.concat(Array.from({ length: 30_000 }, () => frame(text, hello)));
  const total = await openRawSocket(fixture, "/greeter/total");
  const arrived = once(fixture.seen.events, "waiting");
  total.socket.write(frame(text, '{"text":"wait"}'));
  await arrived;
  const before = process.memoryUsage().heapUsed;
  const written = new Promise<boolean>((resolve) => {
    total.socket.write(flood, () => resolve(true));
  });
  // As many round trips as the flood would need ten times over.
  for (let round = 0; round < 200; round++) {
    other.send({ text: "b" });
    await other.next();
  }
  assert.ok(process.memoryUsage().heapUsed - before < 16_000_000, "it is not read into memory");
  fixture.seen.release();
  total.socket.write(frame(text, '["end"]'));
  assert.equal(await written, true, "it goes on when the method does");
  assert.equal(await total.closed, 1000);
});

test("messages that are too much together are 4429, and what they held is given back", async () => {
  await using fixture = await openGreeter({ limits: { messagesBytesMax: 200_000 } });
  for (let round = 0; round < 2; round++) {
    const ended = once(fixture.seen.events, "chat ended");
    const { socket, closed } = await openRawSocket(fixture, "/greeter/chat");
    socket.write(frame(text, Buffer.alloc(500_000, " ")));
    assert.equal(await closed, 4429);
    await ended;
  }
  const chat = await openWebSocket(fixture, "/greeter/chat");
  chat.send({ text: "x".repeat(100_000) });
  assert.ok(await chat.next());
  // Plain calls have a limit of their own.
  assert.equal((await fixture.fetch("/greeter/hello", { json: { name: "Ann" } })).status, 200);
});

test("a client that never reads is cut off after readStallMs, whatever it sends meanwhile", async () => {
  await using fixture = await openGreeter({ limits: { readStallMs: 100 } });
  const ended = once(fixture.seen.events, "count ended");
  const { socket } = await openRawSocket(fixture, "/greeter/count/2000000000");
  socket.pause();
  const busy = setInterval(() => socket.write(frame(pong, "busy")), 20);
  await ended;
  clearInterval(busy);
  socket.destroy();
});

test("a flood of pings that nobody reads the answers of ends the connection", async () => {
  await using fixture = await openGreeter();
  const { socket } = await openRawSocket(fixture, "/greeter/chat");
  socket.pause();
  const ended = once(fixture.seen.events, "chat ended");
  const pings = Buffer.concat(Array.from({ length: 10_000 }, () => frame(ping, Buffer.alloc(125))));
  const flood = setInterval(() => {
    if (!socket.writableNeedDrain) socket.write(pings);
  }, 5);
  // The call begins with its first message.
  socket.write(frame(text, hello));
  await ended;
  clearInterval(flood);
  socket.destroy();
});

test("random frames, mutated and cut, never hurt anybody else (seeded)", async () => {
  const streamsMax = 8;
  await using fixture = await openGreeter({ limits: { streamsMax } });
  const chance = createRandom(20_261_121);
  const random = (below: number): number => Math.floor(chance() * below);
  const other = await openWebSocket(fixture, "/greeter/chat");
  for (let round = 0; round < 400; round++) {
    const path = random(2) === 0 ? "/greeter/chat" : "/greeter/total";
    const { socket, closed } = await openRawSocket(fixture, path);
    const bytes = randomFrames(random);
    for (let at = 0; at < bytes.length && !socket.destroyed;) {
      const next = at + 1 + random(bytes.length);
      socket.write(bytes.subarray(at, next));
      at = next;
      if (random(3) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    // What is still whole may wait for more; nobody waits for it.
    if (random(2) === 0) socket.write(frame(close, ""));
    socket.end();
    const code = await closed;
    assert.ok(code === undefined || code >= 1000, `round ${round}: ${code}`);
    other.send({ text: `${round}` });
    assert.deepEqual(await other.next(), { text: `${round}` });
  }
  // Every place is free again.
  const places = Array.from({ length: streamsMax - 1 }, () => {
    return openWebSocket(fixture, "/greeter/chat");
  });
  for (const { webSocket } of await Promise.all(places)) {
    assert.equal(webSocket.readyState, webSocket.OPEN);
  }
  assert.doesNotMatch(JSON.stringify(fixture.lines), /A call failed|unhandled/i);
});

/** Frames that may be right, in an order that may be wrong, with a few bytes changed. */
function randomFrames(random: (below: number) => number): Buffer {
  const payloads = [hello, "", "[]", '["end"]', "x".repeat(random(70_000)), notUtf8];
  const frames = Array.from({ length: 1 + random(8) }, () => {
    return frame(
      [text, text, continuation, ping, pong, binary, random(16)][random(7)] ?? text,
      payloads[random(6)] ?? "",
      {
        fin: random(3) > 0,
        masked: random(20) > 0,
        reserved: random(20) === 0 ? random(8) : 0,
        ...(random(20) === 0 && { length: BigInt(random(2 ** 31)) * BigInt(random(2 ** 31)) }),
      },
    );
  });
  const bytes = Buffer.concat(frames);
  for (let edits = random(4); edits > 0; edits -= 1) bytes[random(bytes.length)] = random(256);
  return bytes;
}
