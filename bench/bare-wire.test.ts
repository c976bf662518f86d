import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { openServer } from "./child.ts";
import { helloBytes } from "./work.ts";

const job = { method: "hello", bytes: helloBytes, variant: null } as const;

test("serve() answers a failed call with its trace and metadata, which it has not read before", async () => {
  await using server = await openServer(new URL("bare-wire.ts", import.meta.url), job);
  const socket = connect(Number(server.address), "127.0.0.1");
  try {
    socket.write(callFrame({ id: 0x0005_0007, body: "null", metadata: ["tenant", "acme"] }));
    const [reply] = (await once(socket, "data")) as [Buffer];
    assert.equal(reply.readUInt32LE(0), reply.length - 12);
    assert.equal(reply[4], 3);
    assert.equal(reply.readUInt32LE(8), 0x0005_0007);
    assert.match(reply.toString("utf8", 12), /TypeError.*trace (ab){24}, tenant acme/);
  } finally {
    socket.destroy();
  }
});

test("serve() waits for the rest of a frame that comes in pieces", async () => {
  await using server = await openServer(new URL("bare-wire.ts", import.meta.url), job);
  const socket = connect(Number(server.address), "127.0.0.1");
  socket.setNoDelay(true);
  try {
    const body = JSON.stringify({ name: "Ann", n: 1 });
    const frame = callFrame({ id: 9, body, metadata: ["tenant", "acme"] });
    for (const byte of frame) {
      const written = new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
      await written;
    }
    const [reply] = (await once(socket, "data")) as [Buffer];
    assert.equal(reply.toString("utf8", 12), '{"msg":"Hello Ann"}');
  } finally {
    socket.destroy();
  }
});

function callFrame(call: {
  readonly id: number;
  readonly body: string;
  readonly metadata: readonly [key: string, value: string];
}): Buffer {
  const [key, value] = call.metadata;
  const pair = Buffer.from([key.length, value.length, ...Buffer.from(key + value)]);
  const header = Buffer.alloc(12 + 4 + 24 + 2);
  header.writeUInt32LE(header.length - 12 + pair.length + call.body.length, 0);
  header[4] = 1;
  header.writeUInt32LE(call.id, 8);
  header.writeUInt32LE(5_000, 12);
  header.fill(0xab, 16, 40);
  header.writeUInt16LE(pair.length, 40);
  return Buffer.concat([header, pair, Buffer.from(call.body)]);
}
