import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";

import { chunkBytes, flag, frame, headerBytes } from "./frames.ts";
import { FrameWriter } from "./frame-writer.ts";
import { RawPeer } from "./test-raw-peer.ts";

/** A writer, and the peer that reads what it writes. */
async function openPair() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const socket = connect(port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  const peer = new RawPeer(accepted);
  return {
    socket,
    writer: new FrameWriter(socket),
    peer,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await peer[Symbol.asyncDispose]();
      server.close();
    },
  };
}

function write(writer: FrameWriter, call: number, text: string): Promise<void> | undefined {
  writer.begin(frame.item, 0, 0, call);
  writer.text(text);
  return writer.end();
}

test("end() sends what was written in the order of the frames, across slabs", async () => {
  await using pair = await openPair();
  const texts = Array.from({ length: 500 }, (_, n) => `${n} ${"é".repeat((n * 37) % 2_000)}`);
  for (const [call, text] of texts.entries()) write(pair.writer, call, text);
  for (const [call, text] of texts.entries()) {
    const next = await pair.peer.next();
    assert.deepEqual([next?.call, next?.payload.toString()], [call, text]);
  }
});

test("end() sends frames of several ticks in one write where several calls are under way", async (t) => {
  await using pair = await openPair();
  const { socket, peer } = pair;
  let isShared = true;
  const writer = new FrameWriter(socket, { isShared: () => isShared });
  const writes = t.mock.method(socket, "write").mock;
  async function writeInTicks(): Promise<number> {
    writes.resetCalls();
    for (const call of [1, 2, 3]) {
      write(writer, call, "of its own tick");
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
    for (const call of [1, 2, 3]) assert.equal((await peer.next())?.call, call);
    return writes.callCount();
  }
  assert.equal(await writeInTicks(), 1);
  isShared = false;
  assert.equal(await writeInTicks(), 3);
});

test("undo() takes back exactly the open frame, also in a slab that grew for it", async () => {
  await using pair = await openPair();
  const { writer, peer } = pair;
  for (const length of [10, 60_000, 70_000, 300_000]) {
    write(writer, 1, "before");
    writer.begin(frame.item, 0, 0, 2);
    writer.text("x".repeat(length));
    writer.bytes(Buffer.alloc(length));
    writer.undo();
    // A second time there is nothing to take back.
    writer.undo();
    write(writer, 3, "after");
    assert.equal((await peer.next())?.payload.toString(), "before");
    assert.equal((await peer.next())?.payload.toString(), "after");
    writer.undo();
  }
});

test("begin() fails while another frame is being encoded", async () => {
  await using pair = await openPair();
  pair.writer.begin(frame.item, 0, 0, 1);
  assert.throws(() => pair.writer.begin(frame.item, 0, 0, 2), { code: "ERR_ASSERTION" });
});

test("end() sends long messages in pieces, in turn with each other and behind small ones", async () => {
  await using pair = await openPair();
  const { writer, peer } = pair;
  const text = "x".repeat(chunkBytes * 3 + 1);
  const written = [write(writer, 1, text), write(writer, 2, text)];
  assert.equal(write(writer, 3, "small"), undefined);
  const order: string[] = [];
  for (let n = 0; n < 9; n += 1) {
    const next = await peer.next();
    order.push(`${next?.call}${next && next.flags & flag.more ? "+" : ""}`);
  }
  assert.deepEqual(order, ["3", "1+", "2+", "1+", "2+", "1+", "2+", "1", "2"]);
  await Promise.all(written);
  assert.equal(writer.backlogBytes, 0);
});

test("end() takes a message in many small parts without copying it for each", async () => {
  await using pair = await openPair();
  pair.writer.begin(frame.item, 0, 0, 1);
  const before = process.cpuUsage().user;
  for (let n = 0; n < 200_000; n += 1) pair.writer.text("0123456789");
  // Copying 2 MB for each of them takes minutes.
  assert(process.cpuUsage().user - before < 3_000_000);
  void pair.writer.end();
  let bytes = 0;
  while (bytes < 2_000_000) bytes += (await pair.peer.next())?.payload.length ?? 0;
  assert.equal(bytes, 2_000_000);
});

test("cut() drops the rest of one call's message and resolves its promise", async () => {
  await using pair = await openPair();
  const { writer, peer } = pair;
  const text = "x".repeat(chunkBytes * 10);
  const first = write(writer, 1, text);
  const second = write(writer, 2, text);
  await peer.next();
  assert.equal(writer.cut(1), true);
  assert.equal(writer.cut(1), false);
  await first;
  await second;
  writer.finish();
  const calls: number[] = [];
  for (let next = await peer.next(); next; next = await peer.next()) calls.push(next.call);
  assert.equal(calls.filter((call) => call === 2).length, 10);
  assert(calls.filter((call) => call === 1).length < 9);
});

test("finish() ends the stream after everything that was written; a lost socket ends the waiting", async () => {
  await using pair = await openPair();
  void write(pair.writer, 1, "x".repeat(chunkBytes * 20));
  write(pair.writer, 2, "last");
  pair.writer.finish();
  let bytes = 0;
  for (let next = await pair.peer.next(); next; next = await pair.peer.next())
    bytes += next.payload.length;
  assert.equal(bytes, chunkBytes * 20 + 4);

  await using other = await openPair();
  other.peer.socket.pause();
  const waiting = write(other.writer, 1, "x".repeat(chunkBytes * 1_000));
  other.socket.destroy();
  await waiting;
  assert.equal(other.writer.congestion, undefined);
});

test("end() gives many small frames to the socket before the tick is over", async () => {
  await using pair = await openPair();
  const { socket, writer, peer } = pair;
  for (let call = 1; call <= 127; call++) writer.signal(frame.accept, 0, call);
  assert.equal(socket.bytesWritten, 0);
  for (let call = 128; call <= 200; call++) writer.signal(frame.accept, 0, call);
  assert.equal(socket.bytesWritten, 128 * headerBytes);
  for (let call = 1; call <= 200; call++) assert.equal((await peer.next())?.call, call);
});
