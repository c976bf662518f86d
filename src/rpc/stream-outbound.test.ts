import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";

import { OutboundStream } from "./stream-outbound.ts";

function open(messages: number, bytes = 1_000) {
  const sent: unknown[] = [];
  const stream = new OutboundStream(
    { messages, bytes },
    {
      item(value) {
        if (value === "bad") throw new RangeError("It cannot be sent");
        sent.push(value);
        return 10;
      },
    },
  );
  return { stream, sent };
}

test("pump() asks for no message before there is credit for it", async () => {
  for (const { stream, sent } of [open(2), open(99, 20)]) {
    let made = 0;
    function* numbers() {
      for (made = 1; made <= 4; made += 1) yield made;
    }
    const going = stream.pump(numbers());
    await turn();
    assert.deepEqual([made, sent.length], [2, 2]);
    stream.grant(1, 10);
    await turn();
    assert.equal(sent.length, 3);
    stream.grant(9, 90);
    assert.equal(await going, true);
    assert.deepEqual(sent, [1, 2, 3, 4]);
  }
});

test("pump() rejects at once with what cannot be sent, however the clean-up goes", async () => {
  for (const cleanUp of [
    () => Promise.reject(new Error("no")),
    () => new Promise<never>(() => {}),
  ]) {
    async function* values() {
      try {
        yield "bad";
      } finally {
        await cleanUp();
      }
    }
    await assert.rejects(open(5).stream.pump(values()), RangeError);
  }
});

test("stop() ends pump() while it waits for credit, cleans up once, and says how that failed", async () => {
  let cleaned = 0;
  async function* values() {
    try {
      for (;;) yield 1;
    } finally {
      cleaned += 1;
      // oxlint-disable-next-line no-unsafe-finally -- what it does is the case
      throw new Error("not clean");
    }
  }
  const { stream } = open(1);
  const going = stream.pump(values());
  await turn();
  await assert.rejects(stream.stop(), /not clean/);
  await stream.stop();
  assert.equal(await going, false);
  assert.equal(cleaned, 1);
});

test("abandon() harms nobody when the clean-up throws, and pump() after it starts nothing", async () => {
  let ran = false;
  async function* values() {
    ran = true;
    yield 1;
  }
  const { stream, sent } = open(1);
  stream.abandon();
  assert.equal(await stream.pump(values()), false);
  assert.deepEqual([ran, sent], [false, []]);
  const failing: AsyncIterableIterator<number> = {
    next: () => new Promise(() => {}),
    return: () => Promise.reject(new Error("no")),
    [Symbol.asyncIterator]: () => failing,
  };
  const other = open(1).stream;
  void other.pump(failing);
  other.abandon();
  await turn();
});

test("pump() counts credit that is granted while the connection takes no more", async () => {
  const congested = Promise.withResolvers<number>();
  const sent: unknown[] = [];
  const stream = new OutboundStream(
    { messages: 9, bytes: 10 },
    {
      item(value) {
        sent.push(value);
        return value === 1 ? congested.promise : 10;
      },
    },
  );
  const going = stream.pump([1, 2]);
  await turn();
  stream.grant(1, 10);
  congested.resolve(10);
  await turn();
  assert.deepEqual(sent, [1, 2]);
  stream.grant(1, 10);
  assert.equal(await going, true);
});
