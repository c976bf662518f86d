import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { test } from "node:test";

import { openFixture } from "./fixtures/open-fixture.ts";

const handshake = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

async function readUntil(socket: Duplex, pattern: RegExp): Promise<string> {
  let text = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (pattern.test(text)) break;
  }
  return text;
}

test("a WebSocket is connected with the program, both ways, with its end", async () => {
  await using it = await openFixture();
  await it.open(
    (_request, response) => void response.end(),
    (socket) => {
      socket.write(
        "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi ",
      );
      socket.on("data", (chunk: Buffer) => {
        if (String(chunk) === "bye") socket.end("over");
        else socket.write(String(chunk).toUpperCase());
      });
    },
  );
  const client = connect(it.port, "127.0.0.1");
  // What comes right behind the request belongs to the WebSocket.
  client.write(`${handshake("/chat?x=1")}one`);
  const text = await readUntil(client, /ONE/);
  assert.match(text, /^HTTP\/1\.1 101 .*upgrade: websocket\r\n\r\nhi ONE$/is);
  client.write("bye");
  assert.equal(await readUntil(client, /never/), "over");
});

test("a program that does not agree gets nothing of what was sent behind the request", async () => {
  await using it = await openFixture();
  const paths: (string | undefined)[] = [];
  await it.open((request, response) => {
    paths.push(request.url);
    response.writeHead(426).end("no");
  });
  const client = connect(it.port, "127.0.0.1");
  client.write(`${handshake("/chat")}GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n`);
  const text = await readUntil(client, /never/);
  assert.match(text, /^HTTP\/1\.1 426 .*connection: close\r\n\r\nno$/is);
  assert.deepEqual(paths, ["/chat"]);
});

test("a WebSocket ends with the process of its program", async () => {
  await using it = await openFixture();
  const { program } = await it.open(
    (_request, response) => void response.end(),
    (socket) =>
      void socket.write(
        "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      ),
  );
  const client = connect(it.port, "127.0.0.1");
  client.write(handshake("/"));
  await readUntil(client, /\r\n\r\n/);
  const over = readUntil(client, /never/);
  await program[Symbol.asyncDispose]();
  assert.equal(await over, "");
});
