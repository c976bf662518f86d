import assert from "node:assert/strict";
import { test } from "node:test";

import { DeadlineSweep } from "../core/deadline.ts";
import { createAddressRoute } from "./address-route.ts";
import { formatHttpAddress } from "./address.ts";
import { createClient } from "./client.ts";
import { Probe, probeHandlers } from "./conformance/probe.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { openServingProgram } from "./http/test-program.ts";
import { openTransport } from "./open-transport.ts";
import { service } from "./service.ts";
import { openQuietServer } from "./test-probe.ts";

test("openTransport() speaks what the address says", async () => {
  await using stack = new AsyncDisposableStack();
  const services = [service(Probe, probeHandlers())];
  const server = stack.use(await openQuietServer(services, ["tcp://127.0.0.1:0"]));
  const program = stack.use(await openServingProgram(services));
  const pool = stack.use(
    new ConnectionPool((address, signal) => openTransport(address, { signal })),
  );
  const addresses = [...server.addresses, formatHttpAddress(program.address)];
  assert.deepEqual(
    addresses.map((address) => address.split(":", 1)[0]),
    ["tcp", "http"],
  );
  for (const address of addresses) {
    const route = createAddressRoute(address, pool);
    const probe = createClient(Probe, { route, deadlines: new DeadlineSweep() });
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    assert.deepEqual(await probe.hello({ name: "Ann" }), { message: "Hello Ann" });
  }
  await assert.rejects(openTransport("http://127.0.0.1"), { code: "invalid_argument" });
  await assert.rejects(openTransport("ftp://127.0.0.1:1"), { code: "invalid_argument" });
});
