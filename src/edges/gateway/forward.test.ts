import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { test } from "node:test";

import { ann, annsSecret, grant } from "../../blocks/auth/conformance/fixture.ts";
import { openTestAuth } from "../../blocks/auth/drivers/store/test-auth.ts";
import type { Lease } from "../../blocks/registry/index.ts";
import { digestOf } from "../../contract/digest.ts";
import { Doorkeeper } from "../../rpc/doorkeeper.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { type Fixture, openFixture } from "./fixtures/open-fixture.ts";
import { createGreeter } from "./fixtures/greeter.ts";

/** A program behind the gateway that says what it was asked. */
async function openProgram(fixture: Fixture, seen: IncomingMessage[]): Promise<Server> {
  const server = createServer((request, response) => {
    seen.push(request);
    response.writeHead(201, { "x-own": "yes" });
    response.write(`${request.method} ${request.url} `);
    request.pipe(response);
  });
  server.on("upgrade", (request, socket: Duplex) => {
    seen.push(request);
    socket.write("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    socket.on("data", (chunk: Buffer) => void socket.end(String(chunk).toUpperCase()));
  });
  server.listen(0, "127.0.0.1");
  // A test that fails leaves it behind.
  server.unref();
  await once(server, "listening");
  await listNode(fixture, (server.address() as AddressInfo).port);
  await fixture.logged('"web" 0.0.0 can be called');
  return server;
}

function listNode({ registry }: Fixture, port: number): Promise<Lease> {
  const contract = { name: "web", version: "0.0.0", methods: {} };
  const node = {
    id: `web-${port}`,
    namespace: "default",
    service: "web",
    version: "0.0.0",
    state: "ready" as const,
    addresses: [`http://127.0.0.1:${port}`],
    contractDigest: digestOf(contract),
    metadata: {},
  };
  return registry.register(node, { contract });
}

test("a program hears from the gateway alone who asks, and not what proved it", async () => {
  const it = await openTestAuth();
  const realm = it.auth.realm("default");
  const everybody = { type: "service", name: "web", endpoint: "http" };
  await realm.putRule(grant("", { id: "everybody", resource: everybody }));
  await realm.createAccount({ id: ann, secret: annsSecret });
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  await using doorkeeper = new Doorkeeper({ auth: it.auth, audience: "gateway", clock });
  await doorkeeper.present;
  await using fixture = await openFixture([createGreeter().greeter], { doorkeeper });
  const seen: IncomingMessage[] = [];
  await openProgram(fixture, seen);
  const { accessToken } = await realm.login(ann, annsSecret);
  const forged = { "x-reef-caller": "user:root", "X-Reef-Subject": "user:root" };
  await fixture.fetch("/web/", { headers: forged });
  const authorization = `Bearer ${accessToken}`;
  await fixture.fetch("/web/", { headers: { ...forged, authorization } });
  const heard = seen.map(({ headers }) =>
    ["x-reef-caller", "x-reef-subject", "authorization"].map((name) => headers[name]),
  );
  assert.deepEqual(heard, [
    [undefined, undefined, undefined],
    [ann, ann, undefined],
  ]);
});

test("everything below a service without methods is passed on", async () => {
  await using fixture = await openFixture([createGreeter().greeter]);
  const seen: IncomingMessage[] = [];
  const program = await openProgram(fixture, seen);
  const response = await fixture.fetch("/web/a/%2F/b/?q=1", { method: "PUT", body: "body" });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("x-own"), "yes");
  assert.match(String(response.headers.get("x-request-id")), /^[0-9a-f]{32}$/);
  assert.equal(await response.text(), "PUT /a/%2F/b/?q=1 body");
  const [{ headers }] = seen as [IncomingMessage];
  assert.equal(headers["x-forwarded-prefix"], "/web");
  assert.equal(headers["x-forwarded-for"], "127.0.0.1");
  for (const [path, below] of [
    ["/web", "/"],
    ["/web/", "/"],
    ["/web?x", "/?x"],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is enough
    const text = await (await fetch(fixture.gateway.url + path)).text();
    assert.equal(text, `GET ${below} `);
  }
  program.close();
});

test("a path that leads out of the service, or to another, is not passed on", async () => {
  await using fixture = await openFixture([createGreeter().greeter]);
  const seen: IncomingMessage[] = [];
  const program = await openProgram(fixture, seen);
  for (const path of ["/web/../greeter", "/web/%2e%2E/x", "/web/a/.%2e", "/web/..%2fx", "/web/."]) {
    // As it is: fetch would resolve it itself.
    // oxlint-disable-next-line no-await-in-loop
    const text = await fixture.raw(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    assert.match(text, /^HTTP\/1\.1 400 .*a segment is a dot or two/s, path);
  }
  assert.equal((await fixture.fetch("/webs/x")).status, 404);
  assert.equal((await fixture.fetch("/%77eb/x")).status, 404);
  const evil = "GET /web/x HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n";
  assert.match(await fixture.raw(evil), /^HTTP\/1\.1 421 /);
  assert.equal(seen.length, 0);
  program.close();
});

test("requests wait while the service is not ready", async () => {
  await using fixture = await openFixture([createGreeter().greeter]);
  const program = await openProgram(fixture, []);
  program.closeAllConnections();
  program.close();
  const waiting = fixture.fetch("/web/x", { method: "POST", body: "kept" });
  const next = createServer((request, response) => void request.pipe(response));
  next.listen(0, "127.0.0.1");
  await once(next, "listening");
  await listNode(fixture, (next.address() as AddressInfo).port);
  assert.equal(await (await waiting).text(), "kept");
  next.close();
});

test("a WebSocket below the service is the program's", async () => {
  await using fixture = await openFixture([createGreeter().greeter]);
  const seen: IncomingMessage[] = [];
  const program = await openProgram(fixture, seen);
  const socket = await fixture.socket();
  socket.write(
    "GET /web/chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\nhello",
  );
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 101 .*\r\n\r\nHELLO$/s);
  assert.equal(seen[0]?.url, "/chat");
  program.close();
});
