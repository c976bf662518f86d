import assert from "node:assert/strict";
import { once } from "node:events";
import { request as requestOf } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { test } from "node:test";

import { openFixture } from "./fixtures/open-fixture.ts";

/** What a port answers to these very bytes. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

/** A port before a program that answers each request with these very bytes. */
async function openHostile(answer: string) {
  const it = await openFixture();
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.write(answer, "latin1"));
  });
  server.listen(0, "127.0.0.1");
  // A test that fails leaves it behind.
  server.unref();
  await once(server, "listening");
  it.own({ [Symbol.asyncDispose]: async () => void server.close() });
  it.own(await it.node((server.address() as AddressInfo).port));
  await it.logged(/answers on/);
  return it;
}

const close = "Host: localhost\r\nConnection: close";

test("PublicPort passes one request on as one, whatever its Connection names", async () => {
  await using it = await openFixture();
  const seen: (string | undefined)[] = [];
  await it.open((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`);
    request.pipe(response);
  });
  const inside = "GET /inside HTTP/1.1\r\nHost: evil\r\n\r\n";
  for (const method of ["GET", "DELETE", "POST"]) {
    const head = `${method} /a HTTP/1.1\r\n${close}, content-length, host`;
    // oxlint-disable-next-line no-await-in-loop -- one after the other is enough
    const answer = await raw(
      it.port,
      `${head}\r\nContent-Length: ${inside.length}\r\n\r\n${inside}`,
    );
    assert.match(answer, /^HTTP\/1\.1 200 .*GET \/inside/s);
  }
  assert.deepEqual(seen, ["GET /a localhost", "DELETE /a localhost", "POST /a localhost"]);
});

test("PublicPort refuses what two readers could read in two ways", async () => {
  await using it = await openFixture();
  let requests = 0;
  await it.open((_request, response) => void response.end(String((requests += 1))));
  const twice = await raw(it.port, `GET / HTTP/1.1\r\n${close}\r\nHost: evil\r\n\r\n`);
  assert.match(twice, /^HTTP\/1\.1 400 /);
  const proofs = "Authorization: Basic YTpi\r\nAuthorization: Bearer a.b.c";
  const both = await raw(it.port, `GET / HTTP/1.1\r\n${close}\r\n${proofs}\r\n\r\n`);
  assert.match(both, /^HTTP\/1\.1 400 /);
  const coded = `POST / HTTP/1.1\r\n${close}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`;
  assert.match(await raw(it.port, coded), /^HTTP\/1\.1 501 /);
  const old = `POST / HTTP/1.0\r\n${close}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
  assert.match(await raw(it.port, old), /^HTTP\/1\.1 400 /);
  assert.equal(requests, 0);
});

test("PublicPort says 100 Continue once", async () => {
  await using it = await openFixture();
  await it.open((request, response) => void request.pipe(response));
  let said = 0;
  const headers = { expect: "100-continue", "content-length": 2 };
  const outgoing = requestOf(it.url, { method: "POST", headers });
  outgoing.on("continue", () => {
    said += 1;
    outgoing.end("hi");
  });
  const [response] = await once(outgoing, "response");
  for await (const chunk of response) assert.equal(String(chunk), "hi");
  assert.equal(said, 1);
});

test("PublicPort leaves out a status text that cannot be written", async () => {
  await using it = await openHostile("HTTP/1.1 200 \xff\x01ok\r\nContent-Length: 2\r\n\r\nhi");
  const response = await fetch(it.url);
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "hi");
});

test("PublicPort answers 503 for a program that only ever says 1xx, also to a WebSocket", async () => {
  await using it = await openHostile("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_001));
  assert.equal((await fetch(it.url)).status, 503);
  const upgrade = `Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket`;
  const handshake = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13";
  const answer = await raw(it.port, `GET / HTTP/1.1\r\n${upgrade}\r\n${handshake}\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 503 /);
});

test("PublicPort passes interim answers of a program over, as long as they are few", async () => {
  const few = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_000);
  await using it = await openHostile(`${few}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi`);
  assert.equal(await (await fetch(it.url)).text(), "hi");
});

test("PublicPort answers 503 for a program that changes the protocol unasked", async () => {
  for (const more of ["Connection: Upgrade\r\nUpgrade: other\r\n", ""]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is enough
    await using it = await openHostile(`HTTP/1.1 101 Switching\r\n${more}\r\nhello`);
    // oxlint-disable-next-line no-await-in-loop
    assert.equal((await fetch(it.url)).status, 503);
  }
});
