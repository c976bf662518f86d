import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";

import { closed } from "../testing/closed.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { openProxy } from "./test-fleet.ts";
import { openQuietServer } from "./test-probe.ts";
import { openConnection } from "./wire/connect.ts";

async function openPool() {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await openQuietServer([], ["tcp://127.0.0.1:0"]));
  const proxy = stack.use(await openProxy(server.addresses[0] ?? ""));
  const pool = stack.use(
    new ConnectionPool((address, signal) => openConnection(address, { signal })),
  );
  const owned = stack.move();
  const { address } = proxy;
  return { server, proxy, pool, address, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test("ConnectionPool shares one attempt and one connection among all who ask", async () => {
  await using it = await openPool();
  assert.equal(it.pool.usable(it.address), undefined);
  const [first, second] = await Promise.all([it.pool.open(it.address), it.pool.open(it.address)]);
  assert.equal(first, second);
  assert.equal(await it.pool.open(it.address), first);
  assert.equal(it.pool.usable(it.address), first);
  assert.equal(it.proxy.connections, 1);
});

test("ConnectionPool replaces a connection that was lost", async () => {
  await using it = await openPool();
  const first = await it.pool.open(it.address);
  it.proxy.cutConnections();
  await first.ended;
  assert.equal(it.pool.usable(it.address), undefined);
  const second = await it.pool.open(it.address);
  assert.notEqual(second, first);
  assert(second.usable);
});

test("ConnectionPool forgets a failed attempt", async () => {
  await using it = await openPool();
  it.proxy.cut();
  for (let tries = 0; tries < 2; tries += 1) {
    await assert.rejects(it.pool.open(it.address), { code: "unavailable", maybeExecuted: false });
  }
});

test("ConnectionPool ends the attempts that are under way when it is disposed", async () => {
  await using stack = new AsyncDisposableStack();
  const silent = createServer().listen(0, "127.0.0.1");
  stack.defer(() => void silent.close());
  await once(silent, "listening");
  const { port } = silent.address() as { port: number };
  const pool = new ConnectionPool((address, signal) => openConnection(address, { signal }));
  const refused = assert.rejects(pool.open(`tcp://127.0.0.1:${port}`), { code: "cancelled" });
  const [socket] = await once(silent, "connection");
  await pool[Symbol.asyncDispose]();
  await refused;
  socket.resume();
  await closed(socket);
});

test("ConnectionPool opens nothing after it was disposed", async () => {
  await using it = await openPool();
  await it.pool[Symbol.asyncDispose]();
  await assert.rejects(it.pool.open(it.address), { code: "cancelled", maybeExecuted: false });
  assert.equal(it.proxy.connections, 0);
});
