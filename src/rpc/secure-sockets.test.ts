import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { connect as connectClear } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { connect } from "node:tls";

import { soon } from "../testing/soon.ts";
import { envelopesOf, jsonEnvelope } from "./grpc/test-caller.ts";
import { testCertificate } from "./test-certificate.ts";
import { magic } from "./wire/frames.ts";
import { openTestServer } from "./wire/test-wire.ts";

const ca = testCertificate.cert;
const path = "/probe.v1.Probe/Hello";

function openServer() {
  return openTestServer({}, { tls: testCertificate });
}

test("createSecureSockets() carries gRPC over HTTP/2", async () => {
  await using server = await openServer();
  const session = connectHttp2(server.address.replace("tcp:", "https:"), { ca });
  const headers = { ":method": "POST", "content-type": "application/grpc+json" };
  const stream = session.request({ ...headers, ":path": path });
  stream.end(jsonEnvelope({ name: "Ann" }));
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  assert.deepEqual(envelopesOf(Buffer.concat(parts)), [
    { flags: 0, text: '{"message":"Hello Ann"}' },
  ]);
  session.destroy();
});

test("createSecureSockets() carries Connect over HTTP/1.1", async () => {
  await using server = await openServer();
  const url = `${server.address.replace("tcp:", "https:")}${path}`;
  const headers = { "content-type": "application/json" };
  const asked = request(url, { method: "POST", headers, ca, agent: false });
  asked.end('{"name":"Ann"}');
  const [answer] = await once(asked, "response");
  assert.equal(await text(answer), '{"message":"Hello Ann"}');
});

test("createSecureSockets() carries reef's own wire", async () => {
  await using server = await openServer();
  const { port } = new URL(server.address);
  const socket = connect({ port: Number(port), host: "127.0.0.1", ca });
  await once(socket, "secureConnect");
  socket.write(Buffer.concat([magic, Buffer.alloc(12, 0xff)]));
  // What is no HELLO is answered in the same wire: an ERROR frame that says so, or the end.
  await soon("the end", once(socket.resume(), "close"));
});

test("openListener() takes no clear connection where TLS was asked for", async () => {
  await using server = await openServer();
  const { port } = new URL(server.address);
  const socket = connectClear(Number(port), "127.0.0.1");
  socket.on("error", () => {});
  socket.write("POST / HTTP/1.1\r\n\r\n");
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  assert.equal(await text(socket).catch(() => ""), "");
  await soon("the end", closed);
});
