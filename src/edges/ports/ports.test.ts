import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request as requestOf } from "node:http";
import { connect, createServer as createNetServer } from "node:net";
import { test } from "node:test";

import { openFixture, openProgram } from "./fixtures/open-fixture.ts";

test("a request is passed on as it is, and says where it came from", async () => {
  await using it = await openFixture();
  const heads: IncomingMessage[] = [];
  await it.open((request, response) => {
    heads.push(request);
    const cookies = ["Set-Cookie", "a=1", "Set-Cookie", "b=2"];
    const hop = ["Connection", "x-hop, close", "X-Hop", "1"];
    response.writeHead(418, "Teapot", [...cookies, ...hop]);
    request.pipe(response);
  });
  const response = await fetch(`${it.url}/a%2Fb/../?q=%20`, {
    method: "PUT",
    body: "body",
    headers: { "x-own": "1", "x-forwarded-for": "6.6.6.6", forwarded: "for=6.6.6.6" },
  });
  assert.equal(response.status, 418);
  assert.equal(response.statusText, "Teapot");
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.equal(response.headers.get("x-hop"), null);
  assert.equal(await response.text(), "body");
  const [seen] = heads;
  assert.equal(seen?.method, "PUT");
  assert.equal(seen?.url, "/a%2Fb/../?q=%20".replace("/a%2Fb/..", ""));
  const { headers } = seen as IncomingMessage;
  assert.equal(headers["x-own"], "1");
  assert.equal(headers.host, `127.0.0.1:${it.port}`);
  assert.equal(headers["x-forwarded-for"], "127.0.0.1");
  assert.equal(headers["x-forwarded-host"], `127.0.0.1:${it.port}`);
  assert.equal(headers["x-forwarded-proto"], "http");
  assert.equal(headers.forwarded, undefined);
});

test("bodies stream both ways, however long they are", async () => {
  await using it = await openFixture();
  await it.open((request, response) => void request.pipe(response));
  const piece = randomBytes(1_048_576);
  const sent = createHash("sha256");
  const outgoing = requestOf(it.url, { method: "POST" });
  const answered = once(outgoing, "response");
  const writing = (async () => {
    for (let pieces = 0; pieces < 32; pieces += 1) {
      sent.update(piece);
      // oxlint-disable-next-line no-await-in-loop -- as fast as it is taken
      if (!outgoing.write(piece)) await once(outgoing, "drain");
    }
    outgoing.end();
  })();
  const [response] = (await answered) as [IncomingMessage];
  const got = createHash("sha256");
  for await (const chunk of response) got.update(chunk as Buffer);
  await writing;
  assert.equal(got.digest("hex"), sent.digest("hex"));
});

test("a reader that stops slows the program", async () => {
  await using it = await openFixture();
  let written = 0;
  await it.open((_request, response) => {
    const more = () => {
      do written += 65_536;
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on("drain", more);
    more();
  });
  const outgoing = requestOf(it.url).end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  response.pause();
  for (let before = -1; before !== written;) {
    before = written;
    // oxlint-disable-next-line no-await-in-loop -- until nothing moves any more
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
  }
  assert(written < 64 * 1_048_576, `${written} bytes were written for a reader that takes none`);
  outgoing.destroy();
});

test("requests wait while the program is replaced, and the port stays", async () => {
  await using it = await openFixture();
  const first = await it.open((_request, response) => void response.end("first"));
  assert.equal(await (await fetch(it.url)).text(), "first");
  await first.node[Symbol.asyncDispose]();
  await first.program[Symbol.asyncDispose]();
  const waiting = fetch(it.url, { method: "POST", body: "kept" });
  const second = it.own(await openProgram((request, response) => void request.pipe(response)));
  it.own(await it.node(second.port));
  assert.equal(await (await waiting).text(), "kept");
});

test("a program that takes no connections is not asked again before it is back", async () => {
  await using it = await openFixture();
  const { program } = await it.open((_request, response) => void response.end("first"));
  await program[Symbol.asyncDispose]();
  const waiting = fetch(it.url, { method: "POST", body: "kept" });
  await it.logged(/answers on/);
  const second = it.own(await openProgram((request, response) => void request.pipe(response)));
  it.own(await it.node(second.port));
  assert.equal(await (await waiting).text(), "kept");
});

test("what changes nothing is sent again when its connection breaks, all else is not", async () => {
  await using it = await openFixture();
  let requests = 0;
  await it.open((request, response) => {
    requests += 1;
    if (requests % 2 === 1) request.socket.destroy();
    else response.end("at last");
  });
  assert.equal(await (await fetch(it.url)).text(), "at last");
  const lost = await fetch(it.url, { method: "POST", body: "x" });
  assert.equal(lost.status, 503);
  assert.equal(lost.headers.get("content-type"), "application/problem+json");
  assert.equal(requests, 3);
});

test("an answer that breaks off is broken for its reader too", async () => {
  await using it = await openFixture();
  await it.open((_request, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("half", () => response.destroy());
  });
  const response = await fetch(it.url);
  await assert.rejects(response.text());
});

test("a client that leaves ends its request at the program", async () => {
  await using it = await openFixture();
  const over = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  await it.open((_request, response) => {
    response.once("close", over.resolve);
    begun.resolve();
  });
  const outgoing = requestOf(it.url).end();
  outgoing.on("error", () => {});
  await begun.promise;
  outgoing.destroy();
  await over.promise;
});

test("names of other sites are not answered", async () => {
  await using it = await openFixture();
  await it.open((_request, response) => void response.end());
  const status = async (host: string) => {
    const outgoing = requestOf(it.url, { headers: { host } }).end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  assert.equal(await status("evil.example"), 421);
  assert.equal(await status(`localhost:${it.port}`), 200);
});

test("waiting requests are few and do not wait for ever", async () => {
  await using it = await openFixture({ heldMax: 1, holdMs: 100 });
  const { node } = await it.open((_request, response) => void response.end());
  await node[Symbol.asyncDispose]();
  const statuses = await Promise.all([fetch(it.url), fetch(it.url)]);
  assert.deepEqual(statuses.map(({ status }) => status).toSorted(), [429, 503]);
});

test("a program that is listed and takes no connections is not tried for ever", async () => {
  await using it = await openFixture({ holdMs: 100 });
  const { program } = await it.open((_request, response) => void response.end());
  await program[Symbol.asyncDispose]();
  assert.equal((await fetch(it.url)).status, 503);
});

test("a body beyond the limit is refused, be its length known or not", async () => {
  await using it = await openFixture({ bodyBytesMax: 1_000 });
  await it.open((request, response) => {
    request.resume().once("end", () => response.end());
  });
  assert.equal((await fetch(it.url, { method: "POST", body: "x".repeat(1_001) })).status, 413);
  const outgoing = requestOf(it.url, { method: "POST" });
  // The refusal may be lost with the connection, because nobody knows how much more would come.
  const outcome = new Promise((resolve) => {
    outgoing.on("response", ({ statusCode }) => resolve(statusCode));
    outgoing.on("error", () => resolve(413));
  });
  outgoing.write("x".repeat(600));
  outgoing.write("x".repeat(600));
  assert.equal(await outcome, 413);
  outgoing.destroy();
});

test("a port is given up when nobody expects its service any more", async () => {
  await using it = await openFixture();
  const { node } = await it.open((_request, response) => void response.end());
  await fetch(it.url);
  await node[Symbol.asyncDispose]();
  await it.expected[Symbol.asyncDispose]();
  await untilRefused(it.port);
});

test("a port that is taken is said once, and had when it is free", async () => {
  await using it = await openFixture();
  const other = createNetServer().listen(it.port, "127.0.0.1");
  await once(other, "listening");
  const program = it.own(await openProgram((_request, response) => void response.end("mine")));
  it.own(await it.node(program.port));
  await it.logged(/port \d+ for \\"app\\": it is taken; run the service with another --port/);
  other.close();
  await it.logged(/answers on/);
  assert.equal(await (await fetch(it.url)).text(), "mine");
});

async function untilRefused(port: number): Promise<void> {
  for (let refused = false; !refused;) {
    const socket = connect(port, "127.0.0.1");
    // oxlint-disable-next-line no-await-in-loop -- each attempt shows whether somebody still listens
    refused = await once(socket, "connect").then(
      () => false,
      () => true,
    );
    socket.destroy();
  }
}
