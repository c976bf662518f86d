/** Peers who make work, one way or the other: each is sent away by a limit, and what is ordinary is not. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { frameType, setting } from "./frames.ts";
import {
  data,
  endHeaders,
  endStream,
  frame,
  headers,
  ping,
  post,
  reset,
  settings,
  TestPeer,
  type TestPeerOptions,
  windowUpdate,
} from "./test-peer.ts";

const calm = ["goaway", "enhanceYourCalm"];

async function isSentAway(
  parts: readonly Buffer[],
  options: TestPeerOptions = {},
  first: readonly Buffer[] = [headers(1)],
): Promise<boolean> {
  await using peer = await TestPeer.open(options);
  await peer.say(...first);
  const seen = await peer.say(...parts);
  if (!peer.closed) return false;
  const [name, , code] = (seen.at(-2) ?? "").split(" ");
  assert.deepEqual([name, code], calm);
  return true;
}

function many(count: number, part: (n: number) => Buffer): Buffer[] {
  return Array.from({ length: count }, (_, n) => part(n));
}

const floods: { readonly [name: string]: () => Buffer } = {
  PING: () => ping,
  SETTINGS: () => settings([setting.maxFrameSize, 16_384]),
  PRIORITY: () => frame(frameType.priority, 0, 1, Buffer.alloc(5)),
  WINDOW_UPDATE: () => windowUpdate(0, 1),
  "WINDOW_UPDATE of a stream": () => windowUpdate(1, 1),
  "DATA without data": () => data(1, ""),
  "frames of unknown types": () => frame(0x99, 0, 0),
};

test("ConnectionGuard sends away whoever floods it with frames that ask for nothing", async () => {
  for (const [name, part] of Object.entries(floods)) {
    assert.equal(await isSentAway(many(900, part)), false, name);
    assert.equal(await isSentAway(many(1_100, part)), true, name);
  }
});

test("ConnectionGuard lets those frames come as time passes, and as calls are made", async () => {
  await using peer = await TestPeer.open({
    onServe: ({ exchange }) => exchange.answer({ ":status": 200 }),
  });
  await peer.say(...many(900, () => ping));
  await peer.clock.advance(10_000);
  await peer.say(...many(900, () => ping));
  const call = (n: number) => Buffer.concat([headers(2 * n + 1, post, endStream), ping, ping]);
  for (let round = 0; round < 4; round += 1)
    await peer.say(...many(500, (n) => call(500 * round + n)));
  assert.equal(peer.closed, false);
});

test("ConnectionGuard sends away whoever breaks off more calls than `resets`, answered meanwhile or not", async () => {
  const options = { limits: { resets: 20, resetsPerSecond: 0 } };
  const rapid = (count: number) =>
    many(count, (n) => Buffer.concat([headers(2 * n + 3), reset(2 * n + 3)]));
  assert.equal(await isSentAway(rapid(20), options), false);
  assert.equal(await isSentAway(rapid(21), options), true);
  const answered: TestPeerOptions = {
    ...options,
    onServe: ({ exchange }) => exchange.answer({ ":status": 200 }),
  };
  const late = many(21, (n) =>
    Buffer.concat([headers(2 * n + 3, post, endStream), reset(2 * n + 3)]),
  );
  assert.equal(await isSentAway(late, answered), true);
});

test("ConnectionGuard counts calls that it has to reset for their caller as broken off (CVE-2025-8671)", async () => {
  const options = { limits: { resets: 20, resetsPerSecond: 0, errors: 1_000 } };
  const made: { readonly [name: string]: (id: number) => Buffer } = {
    "a window by nothing": (id) => windowUpdate(id, 0),
    "a window that is too wide": (id) => windowUpdate(id, 0x7fff_ffff),
    "DATA behind the end": (id) => Buffer.concat([data(id, "", endStream), data(id, "a")]),
    "HEADERS in the middle": (id) => headers(id),
  };
  for (const [name, part] of Object.entries(made)) {
    const calls = (count: number) =>
      many(count, (n) => Buffer.concat([headers(2 * n + 3), part(2 * n + 3)]));
    assert.equal(await isSentAway(calls(20), options), false, name);
    assert.equal(await isSentAway(calls(21), options), true, name);
  }
});

test("ConnectionGuard sends away whoever sends more wrong frames than `errors`", async () => {
  const wrong = (count: number) => many(count, (n) => headers(2 * n + 3, { ":method": "GET" }));
  assert.equal(await isSentAway(wrong(100)), false);
  assert.equal(await isSentAway(wrong(101)), true);
});

test("ConnectionGuard sends away whoever goes on calling beyond `streams`", async () => {
  const options = { limits: { streams: 1 } };
  const calls = (count: number) => many(count, (n) => headers(2 * n + 3, post, endStream));
  assert.equal(await isSentAway(calls(100), options), false);
  assert.equal(await isSentAway(calls(101), options), true);
});

test("HeaderFrames hold no more than its bytes and eight CONTINUATION frames", async () => {
  const open = frame(frameType.headers, 0, 3);
  const empty = frame(frameType.continuation, 0, 3);
  const last = frame(frameType.continuation, endHeaders, 3, headers(3).subarray(9));
  assert.equal(await isSentAway([open, ...many(7, () => empty), last]), false);
  assert.equal(await isSentAway([open, ...many(8, () => empty), last]), true);
  const full = frame(frameType.continuation, 0, 3, Buffer.alloc(16_384));
  assert.equal(await isSentAway([open, ...many(5, () => full)]), true);
});

test("Http2Connection takes no more calls while it keeps more than `sessionMegabytes`, and holds data back", async () => {
  await using peer = await TestPeer.open({ limits: { sessionMegabytes: 1 }, listens: false });
  const block = data(1, "x".repeat(16_000)).subarray(9).toString();
  // 60_000 bytes of each, which nobody reads.
  const uploads = (from: number, count: number) =>
    many(count, (n) => {
      const id = from + 2 * n;
      const part = data(id, block.slice(0, 15_000));
      return Buffer.concat([headers(id), part, part, part, part]);
    });
  assert.deepEqual(await peer.say(...uploads(1, 17)), ["window 525000"]);
  assert.deepEqual(await peer.say(headers(41)), ["reset 41 enhanceYourCalm"]);
  assert.equal(peer.served.length, 17);
  // Enough for another window, which is not given while so much is kept.
  const rest = many(6, (n) => data(1 + 2 * n, block.slice(0, 5_000)));
  assert.deepEqual(await peer.say(...rest), []);
  for (const { exchange } of peer.served) exchange.answer({ ":status": 200 });
  const given = await peer.until(/^window \d/);
  assert.equal(given.at(-1), "window 525000");
  assert.deepEqual(
    (await peer.say(headers(43))).filter((text) => / 43 /.test(text)),
    [],
  );
  assert.equal(peer.served.length, 18);
});

test("Http2Connection sends away whoever makes it send data a byte at a time", async () => {
  await using peer = await TestPeer.open({
    onServe: ({ exchange }) => exchange.answer({ ":status": 200 }, Buffer.alloc(10_000)),
  });
  await peer.say(settings([setting.initialWindowSize, 0]), headers(1));
  for (let n = 0; n < 12 && !peer.closed; n += 1)
    await peer.say(...many(100, () => windowUpdate(1, 1)));
  assert.equal(peer.closed, true);
});
