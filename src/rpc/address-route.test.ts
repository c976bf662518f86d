import assert from "node:assert/strict";
import { test } from "node:test";
import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method } from "../contract/method.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { createAddressRoute } from "./address-route.ts";
import { createClient } from "./client.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { service } from "./service.ts";
import { openQuietServer } from "./test-probe.ts";
import { openConnection } from "./wire/connect.ts";

const Echo = contract("echo", {
  back: method({ input: t.object({ bytes: t.bytes() }), output: t.object({ bytes: t.bytes() }) }),
});

test("a call that connects first has taken its message before it returns", async () => {
  await using server = await openQuietServer(
    [service(Echo, { back: (input) => input })],
    ["tcp://127.0.0.1:0"],
  );
  await using pool = new ConnectionPool((address, signal) => openConnection(address, { signal }));
  const route = createAddressRoute(server.addresses[0] ?? assert.fail("no address"), pool);
  const echo = createClient(Echo, { route, deadlines: new DeadlineSweep() });
  const bytes = Buffer.from("abc");
  const answer = echo.back({ bytes });
  bytes.fill(0);
  assert.equal(Buffer.from((await answer).bytes).toString(), "abc");
});

test("a message that cannot be sent is refused, be it connected or not", async () => {
  await using server = await openQuietServer(
    [service(Echo, { back: (input) => input })],
    ["tcp://127.0.0.1:0"],
  );
  await using pool = new ConnectionPool((address, signal) => openConnection(address, { signal }));
  const route = createAddressRoute(server.addresses[0] ?? assert.fail("no address"), pool);
  const echo = createClient(Echo, { route, deadlines: new DeadlineSweep() });
  // Programs without types send anything.
  for (const given of [7, {}, null, 7, {}]) {
    const bytes = given as unknown as Uint8Array;
    await assert.rejects(echo.back({ bytes }), { code: "invalid_argument", maybeExecuted: false });
  }
});

test("unreachable says what to do when nobody listens", async () => {
  const gone = new ReefError("unavailable", "Nobody", { maybeExecuted: false });
  await using pool = new ConnectionPool(() => Promise.reject(gone));
  const route = createAddressRoute("tcp://127.0.0.1:1", pool, {
    unreachable: (cause) => new ReefError("unavailable", "Start it", { cause }),
  });
  const echo = createClient(Echo, { route, deadlines: new DeadlineSweep() });
  await assert.rejects(echo.back({ bytes: Buffer.from("a") }), {
    message: "Start it",
    cause: gone,
  });
});
