import assert from "node:assert/strict";
import { test } from "node:test";

import { data, endStream, frame, headers, padded, post, TestPeer } from "./test-peer.ts";

const block = "x".repeat(16_000);

test("Http2Stream keeps what comes before somebody listens, and gives it with its end", async () => {
  await using peer = await TestPeer.open({ listens: false });
  await peer.say(headers(1), data(1, "abc"), data(1, "def", endStream));
  const heard: string[] = [];
  const ended = Promise.withResolvers<void>();
  peer.served[0]?.exchange.listen({
    onData: (chunk) => heard.push(String(chunk)),
    onEnd: () => ended.resolve(),
    onGone: () => {},
  });
  // Not in the middle of what its reader does when it begins to listen.
  assert.deepEqual(heard, []);
  await ended.promise;
  assert.deepEqual(heard, ["abcdef"]);
});

test("Http2Stream gives nothing while it is paused, neither data nor the end", async () => {
  await using peer = await TestPeer.open();
  await peer.say(headers(1), data(1, "a"));
  const [served] = peer.served;
  assert(served);
  served.exchange.pause();
  await peer.say(data(1, "b"), data(1, "c", endStream));
  assert.deepEqual(served.heard, ["data 1"]);
  served.exchange.resume();
  await peer.say();
  assert.deepEqual(served.heard, ["data 1", "data 2", "end"]);
  assert.equal(served.body, "abc");
});

test("Http2Stream opens its window as it is read, and not while it is paused", async () => {
  await using peer = await TestPeer.open();
  const seen = await peer.say(headers(1), ...Array.from({ length: 4 }, () => data(1, block)));
  assert.deepEqual(seen, ["window 1 48000"]);
  peer.served[0]?.exchange.pause();
  // What it may send now is 65_535 less the 16_000 that are read and not yet given back.
  const three = Array.from({ length: 3 }, () => data(1, block));
  assert.deepEqual(await peer.say(...three), []);
  peer.served[0]?.exchange.resume();
  assert.deepEqual(await peer.until(/window/), ["window 1 64000"]);
  peer.served[0]?.exchange.pause();
  const beyond = [...three, data(1, block), data(1, block)];
  assert.deepEqual(await peer.say(...beyond), ["reset 1 flowControlError"]);
  assert.equal(peer.served[0]?.body.length, 7 * 16_000);
});

test("Http2Stream gives padding back at once, also when nobody reads", async () => {
  await using peer = await TestPeer.open({ listens: false });
  const padding = frame(0, padded, 1, Buffer.from([255, 0x61, ...Buffer.alloc(255)]));
  const seen = await peer.say(headers(1), ...Array.from({ length: 128 }, () => padding));
  assert.deepEqual(seen, ["window 1 32768"]);
});

test("Http2Stream takes what its caller still sends when it is answered, whoever does not read", async () => {
  await using peer = await TestPeer.open({ onServe: ({ exchange }) => exchange.pause() });
  // The answer cannot leave, so the stream cannot end.
  await peer.say(Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]), headers(1));
  peer.served[0]?.exchange.answer({ ":status": 200 }, Buffer.from("answer"));
  const seen = await peer.say(...Array.from({ length: 3 }, () => data(1, block)));
  assert.deepEqual(seen, ["headers 1 :status 200", "window 1 48000"]);
  assert.equal(peer.served[0]?.body, "");
});

test("Http2Stream answers HEAD with the head alone", async () => {
  await using peer = await TestPeer.open();
  await peer.say(headers(1, { ...post, ":method": "HEAD" }, endStream));
  peer.served[0]?.exchange.answer({ ":status": 415, "content-length": 4 }, Buffer.from("none"));
  assert.deepEqual(await peer.say(), ["headers 1 end :status 415 content-length 4"]);
});

test("Http2Stream is cut by ENHANCE_YOUR_CALM, and says nothing any more", async () => {
  await using peer = await TestPeer.open();
  await peer.say(headers(1));
  const { exchange } = peer.served[0] ?? assert.fail();
  exchange.cut();
  exchange.cut();
  exchange.answer({ ":status": 200 });
  exchange.begin({ ":status": 200 });
  exchange.end(Buffer.from("a"));
  assert.equal(exchange.write(Buffer.from("a")), undefined);
  assert.equal(exchange.isGone, true);
  assert.deepEqual(await peer.say(), ["reset 1 enhanceYourCalm"]);
  assert.deepEqual(peer.served[0]?.heard, ["gone", "over"]);
});
