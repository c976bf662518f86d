import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

import { ReefError } from "../core/errors.ts";
import { InboundStream } from "./stream-inbound.ts";

const run = promisify(execFile);

function open(messages = 4, bytes = 100) {
  const seen: string[] = [];
  const stream = new InboundStream(
    { messages, bytes },
    {
      grant: (count, size) => void seen.push(`grant ${count} ${size}`),
      leave: () => void seen.push("leave"),
    },
  );
  return { stream, seen };
}

const broken = new ReefError("data_loss", "Broken");

test("next() gives credit back when half of it was taken, by messages or by bytes", async () => {
  const { stream, seen } = open();
  for (let n = 0; n < 4; n += 1) stream.push(n, 1);
  await stream.next();
  assert.deepEqual(seen, []);
  await stream.next();
  assert.deepEqual(seen, ["grant 2 2"]);
  stream.push(4, 60);
  for (let n = 0; n < 3; n += 1) await stream.next();
  assert.deepEqual(seen, ["grant 2 2", "grant 2 2", "grant 1 60"]);
});

test("push() refuses what the sender had no credit for", () => {
  const byMessages = open(2).stream;
  byMessages.push(1, 1);
  byMessages.push(2, 1);
  assert.throws(() => byMessages.push(3, 1), { code: "invalid_argument" });
  const byBytes = open(9, 10).stream;
  byBytes.push(1, 9);
  // One message may go over.
  byBytes.push(2, 9);
  assert.throws(() => byBytes.push(3, 1), { code: "invalid_argument" });
});

test("fail() comes after what had arrived, once; end() after it changes nothing", async () => {
  const { stream } = open();
  stream.push(1, 1);
  stream.fail(broken);
  stream.end();
  assert.equal((await stream.next()).value, 1);
  await assert.rejects(stream.next(), broken);
  assert.equal((await stream.next()).done, true);
});

test("discard() drops what had arrived, and wakes who waits", async () => {
  const { stream } = open();
  const waiting = stream.next();
  stream.discard(broken);
  await assert.rejects(waiting, broken);
  const { stream: full } = open();
  full.push(1, 1);
  full.discard(broken);
  await assert.rejects(full.next(), broken);
});

test("return() tells the sender once, and not after the end", async () => {
  const { stream, seen } = open();
  const waiting = stream.next();
  await stream.return();
  await stream.return();
  assert.equal((await waiting).done, true);
  assert.deepEqual(seen, ["leave"]);
  const ended = open();
  ended.stream.end();
  await ended.stream.return();
  assert.deepEqual(ended.seen, []);
});

test("next() of a reader that never catches up keeps no list of what it took", async () => {
  // In a process of its own: the test runner keeps something of each promise for a while.
  const program = `
    import { InboundStream } from ${JSON.stringify(new URL("stream-inbound.ts", import.meta.url))};
    const stream = new InboundStream({ messages: 10, bytes: 1e6 }, { grant() {}, leave() {} });
    stream.push({}, 1);
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 1e6; n += 1) {
      stream.push(n, 1);
      void stream.next();
    }
    gc();
    console.log(process.memoryUsage().heapUsed - before, (await stream.next()).value);
  `;
  const { stdout } = await run(process.execPath, [
    "--expose-gc",
    "--input-type=module",
    "-e",
    program,
  ]);
  const [grownBytes, last] = stdout.split(" ").map(Number);
  assert(Number(grownBytes) < 4_000_000, `${grownBytes} bytes are kept`);
  assert.equal(last, 999_999);
});
