import assert from "node:assert/strict";
import { test } from "node:test";

import { type Keeper, KeptBodies } from "./kept-bodies.ts";
import { data, endStream, headers, TestPeer } from "./test-peer.ts";

function openKeepers() {
  const bodies = new KeptBodies(100);
  const went: string[] = [];
  const create = (name: string) => {
    const keeper = { keptBytes: 0, goOn: () => void went.push(name) };
    const keep = (bytes: number) => {
      const change = bytes - keeper.keptBytes;
      keeper.keptBytes = bytes;
      bodies.change(keeper, change);
    };
    return { keeper: keeper as Keeper, keep };
  };
  return { bodies, went, create };
}

test("KeptBodies lets one go on when there is too much, and the next when it is whole", () => {
  const { bodies, went, create } = openKeepers();
  const [a, b, c] = [create("a"), create("b"), create("c")];
  a.keep(60);
  assert.equal(bodies.mayGoOn(a.keeper), true);
  b.keep(60);
  c.keep(60);
  assert.deepEqual(
    [a, b, c].map(({ keeper }) => bodies.mayGoOn(keeper)),
    [true, false, false],
  );
  assert.equal(bodies.mayGoOn(create("none").keeper), true);
  // What is left is still too much for both.
  a.keep(0);
  assert.deepEqual(went, ["b"]);
  assert.equal(bodies.mayGoOn(b.keeper), true);
  b.keep(0);
  assert.deepEqual(went, ["b", "c"]);
  c.keep(0);
  assert.equal(bodies.bytes, 0);
});

test("Http2Connection keeps no more of requests that are not whole than `sessionMegabytes`, and all become whole", async () => {
  await using peer = await TestPeer.open({ limits: { sessionMegabytes: 1 } });
  const part = (id: number) => data(id, "x".repeat(15_000));
  // As a call does that waits for the end of a message.
  const say = async (...frames: Buffer[]) => {
    const seen = await peer.say(...frames);
    for (const { exchange, body } of peer.served) exchange.kept(body.length);
    return seen;
  };
  const ids = Array.from({ length: 40 }, (_, n) => 2 * n + 1);
  await say(...ids.flatMap((id) => [headers(id), part(id)]));
  await say(...ids.map(part));
  // 1.2 MB: one of them is sent more, whose window has been read by half.
  const given = (await say(...ids.map(part))).filter((text) => /^window \d+ \d/.test(text));
  assert.deepEqual(given, ["window 1 45000"]);
  assert.deepEqual(await say(headers(101)), ["reset 101 enhanceYourCalm"]);
  let windows = given;
  let last = 1;
  for (; windows.length === 1; last += 2) {
    assert.deepEqual(windows, [`window ${last} 45000`]);
    const whole = await say(part(last), data(last, "", endStream));
    windows = whole.filter((text) => /^window \d+ \d/.test(text));
  }
  // 22 of them are less than the bound.
  assert.equal(windows.length, 22);
  assert.deepEqual(await say(headers(103)), []);
});
