/** The rules of RFC 9113 for a server, frame by frame. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { frameType, preface, setting } from "./frames.ts";
import {
  data,
  endHeaders,
  endStream,
  frame,
  headers,
  padded,
  ping,
  post,
  reset,
  settings,
  TestPeer,
  u32,
  windowUpdate,
} from "./test-peer.ts";

test("Http2Connection begins with its settings, and confirms those of its peer", async () => {
  await using peer = new TestPeer();
  const seen = await peer.say(preface, settings());
  assert.deepEqual(seen, ["settings", "window 983041", "settings ack"]);
  const pairs = peer.frames[0]?.payload ?? Buffer.alloc(0);
  const said = Array.from({ length: 4 }, (_, n) => [
    pairs.readUInt16BE(6 * n),
    pairs.readUInt32BE(6 * n + 2),
  ]);
  assert.deepEqual(said, [
    [setting.headerTableSize, 0],
    [setting.enablePush, 0],
    [setting.maxConcurrentStreams, 1_024],
    [setting.maxHeaderListSize, 16_384],
  ]);
});

test("Http2Connection gives a request, its body and its end, and sends the answer", async () => {
  const respond = { ":status": 200, "content-type": "text/plain" };
  await using peer = await TestPeer.open({
    onServe: ({ exchange }) => {
      exchange.begin(respond);
      exchange.end(Buffer.from("hello"), { "grpc-status": "0" });
    },
  });
  const fields = { ...post, "x-name": "Ann" };
  const seen = await peer.say(headers(1, fields), data(1, "abc"), data(1, "def", endStream));
  assert.deepEqual(seen, [
    "headers 1 :status 200 content-type text/plain",
    "data 1 hello",
    "headers 1 end grpc-status 0",
  ]);
  const [served] = peer.served;
  assert.equal(served?.exchange.verb, "POST");
  assert.equal(served.exchange.path, "/a");
  assert.equal(served.exchange.headers["x-name"], "Ann");
  assert.deepEqual(served.heard, ["gone", "over"]);
});

test("Http2Connection takes padding, priorities, CONTINUATION, trailers and frames of unknown types", async () => {
  await using peer = await TestPeer.open();
  const block = headers(1).subarray(9);
  const prefixed = Buffer.concat([
    Buffer.from([3]),
    u32(0, 0, 0).subarray(9),
    Buffer.from([16]),
    block.subarray(0, 4),
    Buffer.alloc(3),
  ]);
  const seen = await peer.say(
    frame(frameType.priority, 0, 7, Buffer.alloc(5)),
    frame(frameType.headers, padded | 0x20, 1, prefixed),
    frame(frameType.continuation, 0, 1),
    frame(frameType.continuation, endHeaders, 1, block.subarray(4)),
    frame(frameType.data, padded, 1, Buffer.from("\x02body--")),
    frame(0x42, 0xff, 1, Buffer.from("?")),
    headers(1, { "x-last": "1" }, endStream),
  );
  assert.deepEqual(seen, []);
  assert.deepEqual(peer.served[0]?.heard, ["data 4", "end"]);
  assert.equal(peer.served[0].body, "body");
});

/** What ends the connection, and with which code. Stream 1 is over, 3 is open, 5 is whole. */
const fatal: { readonly [what: string]: readonly [frame: Buffer, code: string] } = {
  "DATA on stream 0": [data(0, "a"), "protocolError"],
  "HEADERS on stream 0": [headers(0), "protocolError"],
  "HEADERS on a server's stream": [headers(2), "protocolError"],
  "HEADERS on a stream that is over": [headers(1), "streamClosed"],
  "HEADERS below the last stream": [headers(7), "streamClosed"],
  "HEADERS whose padding is too long": [
    frame(1, padded | endHeaders, 11, Buffer.from([9, 0x82])),
    "protocolError",
  ],
  "HEADERS that cannot be decoded": [
    frame(1, endHeaders, 11, Buffer.from([0xff, 0xff, 0xff])),
    "compressionError",
  ],
  "DATA on a stream that is over": [data(1, "a"), "streamClosed"],
  "DATA on a stream that was not begun": [data(11, "a"), "protocolError"],
  "DATA whose padding is too long": [frame(0, padded, 3, Buffer.from([2, 0])), "protocolError"],
  "RST_STREAM of a stream that was not begun": [reset(11), "protocolError"],
  "HEADERS too short for a priority": [
    frame(1, 0x20 | endHeaders, 11, Buffer.alloc(4)),
    "frameSizeError",
  ],
  "RST_STREAM on stream 0": [reset(0), "protocolError"],
  "RST_STREAM of 5 bytes": [frame(3, 0, 3, Buffer.alloc(5)), "frameSizeError"],
  "SETTINGS on a stream": [frame(4, 0, 3), "protocolError"],
  "SETTINGS of 5 bytes": [frame(4, 0, 0, Buffer.alloc(5)), "frameSizeError"],
  "SETTINGS that confirm and say more": [frame(4, 1, 0, Buffer.alloc(6)), "frameSizeError"],
  "SETTINGS with a window that cannot be": [settings([4, 0x8000_0000]), "flowControlError"],
  "SETTINGS with frames that are too short": [settings([5, 16_383]), "protocolError"],
  "SETTINGS with frames that are too long": [settings([5, 16_777_216]), "protocolError"],
  "SETTINGS that want to be pushed twice": [settings([2, 2]), "protocolError"],
  "PING on a stream": [frame(6, 0, 3, Buffer.alloc(8)), "protocolError"],
  "PING of 7 bytes": [frame(6, 0, 0, Buffer.alloc(7)), "frameSizeError"],
  "GOAWAY on a stream": [frame(7, 0, 3, Buffer.alloc(8)), "protocolError"],
  "GOAWAY of 7 bytes": [frame(7, 0, 0, Buffer.alloc(7)), "frameSizeError"],
  PUSH_PROMISE: [frame(5, endHeaders, 3, Buffer.alloc(8)), "protocolError"],
  "PRIORITY of 4 bytes": [frame(2, 0, 3, Buffer.alloc(4)), "frameSizeError"],
  "PRIORITY on stream 0": [frame(2, 0, 0, Buffer.alloc(5)), "protocolError"],
  "WINDOW_UPDATE by nothing": [windowUpdate(0, 0), "protocolError"],
  "WINDOW_UPDATE that is too much": [windowUpdate(0, 0x7fff_ffff), "flowControlError"],
  "WINDOW_UPDATE of 3 bytes": [frame(8, 0, 0, Buffer.alloc(3)), "frameSizeError"],
  "WINDOW_UPDATE of a stream that was not begun": [windowUpdate(11, 1), "protocolError"],
  "SETTINGS that widen a window too far": [
    Buffer.concat([windowUpdate(3, 0x7fff_0000), settings([4, 0x7fff_ffff])]),
    "flowControlError",
  ],
  "CONTINUATION of nothing": [frame(9, endHeaders, 3), "protocolError"],
  "another frame between headers": [Buffer.concat([frame(1, 0, 11), ping]), "protocolError"],
  "CONTINUATION of another stream": [
    Buffer.concat([frame(1, 0, 11), frame(9, 4, 13)]),
    "protocolError",
  ],
  "a frame that is too long": [frame(0, 0, 3, Buffer.alloc(16_385)), "frameSizeError"],
};

test("Http2Connection ends with the code of RFC 9113 when its peer breaks the protocol", async () => {
  for (const [what, [bytes, code]] of Object.entries(fatal)) {
    await using peer = await TestPeer.open();
    await peer.say(headers(1, post, endStream));
    peer.served[0]?.exchange.answer({ ":status": 204 });
    await peer.say(headers(3), headers(5, post, endStream), headers(9, post));
    const seen = await peer.say(bytes);
    assert.deepEqual(seen, [`goaway 9 ${code}`, "closed"], what);
    assert.equal(peer.ended, true);
    assert.deepEqual(peer.served[1]?.heard.slice(-2), ["gone", "over"], what);
  }
});

test("Http2Connection is not greeted by anything but SETTINGS", async () => {
  await using peer = new TestPeer();
  const seen = await peer.say(preface, headers(1));
  assert.deepEqual(seen.slice(-2), ["goaway 0 protocolError", "closed"]);
});

/** What ends one stream, and with which code; the connection goes on. */
const faults: { readonly [what: string]: readonly [frame: Buffer, code: string] } = {
  "DATA behind the end": [data(5, "a"), "reset 5 streamClosed"],
  "HEADERS behind the end": [headers(5), "reset 5 streamClosed"],
  "HEADERS in the middle that are no trailers": [headers(3, { a: "b" }), "reset 3 protocolError"],
  "trailers with a path": [headers(3, post, endStream), "reset 3 protocolError"],
  "DATA beyond content-length": [data(9, "abcd"), "reset 9 protocolError"],
  "DATA that ends before content-length": [data(9, "ab", endStream), "reset 9 protocolError"],
  "trailers before content-length": [headers(9, { a: "b" }, endStream), "reset 9 protocolError"],
  "a request that is malformed": [headers(11, { ":method": "GET" }), "reset 11 protocolError"],
  "no body where one is promised": [
    headers(11, { ...post, "content-length": "1" }, endStream),
    "reset 11 protocolError",
  ],
  "WINDOW_UPDATE by nothing": [windowUpdate(3, 0), "reset 3 protocolError"],
  "WINDOW_UPDATE that is too much": [windowUpdate(3, 0x7fff_ffff), "reset 3 flowControlError"],
};

test("Http2Connection resets a stream for what its caller does wrong on it", async () => {
  await using bystander = await TestPeer.open();
  for (const [what, [bytes, code]] of Object.entries(faults)) {
    await using peer = await TestPeer.open();
    const three = { ...post, "content-length": "3" };
    await peer.say(headers(3), headers(5, post, endStream), headers(9, three));
    assert.deepEqual(await peer.say(bytes), [code], what);
    // What its caller had sent before it knew is no fault.
    const id = Number(/\d+/.exec(code)?.[0]);
    if (id !== 5 && id !== 11) assert.deepEqual(await peer.say(data(id, "late", endStream)), []);
  }
  assert.deepEqual(await bystander.say(), []);
});

test("Http2Connection refuses calls beyond `streams`, and takes the next when there is room", async () => {
  await using peer = await TestPeer.open({ limits: { streams: 2 } });
  const seen = await peer.say(headers(1), headers(3), headers(5), data(5, "a", endStream));
  assert.deepEqual(seen, ["reset 5 refusedStream"]);
  assert.deepEqual(await peer.say(reset(1), headers(7)), []);
  assert.equal(peer.served.length, 3);
});

test("Http2Connection answers headers over its limits with 431, and still reads the next ones", async () => {
  await using peer = await TestPeer.open({ limits: { headerBytes: 1_000, headers: 10 } });
  const long = { ...post, "x-long": "x".repeat(1_000) };
  const seen = await peer.say(headers(1, long), data(1, "a", endStream), headers(3));
  assert.deepEqual(seen, ["headers 1 end :status 431 grpc-status 8", "reset 1 noError"]);
  assert.equal(peer.served.length, 1);
});

test("Http2Connection lets a caller who has broken off a call finish what it was sending", async () => {
  await using peer = await TestPeer.open();
  await peer.say(headers(1), reset(1));
  assert.deepEqual(await peer.say(data(1, "a"), headers(1, { a: "b" }, endStream)), []);
});

test("Http2Connection tells a caller who is still sending that nobody reads, behind the answer", async () => {
  await using peer = await TestPeer.open();
  await peer.say(headers(1), data(1, "a"));
  peer.served[0]?.exchange.answer({ ":status": 200 }, Buffer.from("enough"));
  const seen = await peer.until(/reset/);
  assert.deepEqual(seen, ["headers 1 :status 200", "data 1 end enough", "reset 1 noError"]);
  assert.deepEqual(peer.served[0]?.heard.slice(-2), ["gone", "over"]);
  assert.deepEqual(await peer.say(data(1, "b"), data(1, "c", endStream)), []);
});

test("Http2Connection drains: what is under way goes on, what comes later is not taken, then it ends", async () => {
  await using peer = await TestPeer.open();
  await peer.say(headers(1));
  peer.connection.drain();
  const seen = await peer.say(data(1, "a", endStream), headers(3), data(3, "b", endStream));
  assert.deepEqual(seen, ["goaway 1 noError"]);
  assert.equal(peer.served.length, 1);
  peer.served[0]?.exchange.answer({ ":status": 200 });
  assert.deepEqual(await peer.until(/closed/), ["headers 1 end :status 200", "closed"]);
  assert.equal(peer.served[0]?.body, "a");
});

test("Http2Connection ends after the last call when its caller says GOAWAY, and at once for a fault", async () => {
  await using peer = await TestPeer.open();
  await peer.say(headers(1, post, endStream));
  await peer.say(frame(frameType.goaway, 0, 0, Buffer.alloc(8)));
  assert.equal(peer.closed, false);
  peer.served[0]?.exchange.answer({ ":status": 200 });
  assert.deepEqual(await peer.until(/closed/), ["headers 1 end :status 200", "closed"]);
  await using other = await TestPeer.open();
  await other.say(headers(1, post, endStream));
  const fault = Buffer.from([0, 0, 0, 0, 0, 0, 0, 2]);
  assert.deepEqual(await other.say(frame(frameType.goaway, 0, 0, fault)), ["closed"]);
  assert.deepEqual(other.served[0]?.heard, ["end", "gone", "over"]);
});

test("Http2Connection ends every call when its caller leaves", async () => {
  await using peer = await TestPeer.open();
  await peer.say(headers(1), headers(3, post, endStream));
  const over = peer.served.map(({ exchange }) => {
    const { owner } = exchange;
    return new Promise<void>((resolve) => {
      exchange.owner = { onOver: (it) => (owner?.onOver(it), resolve()) };
    });
  });
  peer.leave();
  await Promise.all(over);
  assert.deepEqual(
    peer.served.map(({ heard }) => heard.slice(-2)),
    [
      ["gone", "over"],
      ["gone", "over"],
    ],
  );
});

test("Http2Connection gives up a peer that does not confirm its settings within `headMs`", async () => {
  await using peer = new TestPeer({ limits: { headMs: 1_000 } });
  await peer.say(preface, settings());
  await peer.clock.advance(1_001);
  assert.deepEqual(await peer.until(/closed/), ["goaway 0 settingsTimeout", "closed"]);
  await using other = await TestPeer.open({ limits: { headMs: 1_000 } });
  await other.clock.advance(1_001);
  assert.deepEqual(await other.say(), []);
});
