/** How the client of gRPC connects: over TLS, and again when the server has gone. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { DeadlineSweep } from "../../../core/deadline.ts";
import { soon } from "../../../testing/soon.ts";
import { createAddressRoute } from "../../address-route.ts";
import { createClient } from "../../client.ts";
import { Probe, probeHandlers } from "../../conformance/probe.ts";
import { ConnectionPool } from "../../connection-pool.ts";
import { openTransport } from "../../open-transport.ts";
import { service } from "../../service.ts";
import { testCertificate } from "../../test-certificate.ts";
import { openQuietServer } from "../../test-probe.ts";
import { openTestServer } from "../../wire/test-wire.ts";

/** A client by address, as `client(C, { address, ca })` makes it. */
function clientAt(address: string, ca?: string) {
  const pool = new ConnectionPool((to, signal) => openTransport(to, { signal, ca }));
  const route = createAddressRoute(address, pool);
  const close = () => pool[Symbol.asyncDispose]();
  return createClient(Probe, { route, deadlines: new DeadlineSweep(), close });
}

test("grpcs:// calls over TLS, a server for which the authority vouches and no other", async () => {
  await using server = await openTestServer({}, { tls: testCertificate });
  const address = server.address.replace("tcp:", "grpcs:");
  await using known = clientAt(address, testCertificate.cert);
  assert.deepEqual(await known.hello({ name: "Ann" }), { message: "Hello Ann" });
  assert.deepEqual(await Array.fromAsync(known.count({ to: 2 })), [{ n: 1 }, { n: 2 }]);
  await using stranger = clientAt(address);
  await assert.rejects(stranger.hello({ name: "Ann" }), {
    code: "unavailable",
    maybeExecuted: false,
    message: /self-signed certificate/,
  });
  await using clear = clientAt(address.replace("grpcs:", "grpc:"));
  await assert.rejects(clear.hello({ name: "Ann" }), { code: "unavailable" });
});

test("GOAWAY lets the call under way end, and the next goes over a new connection", async () => {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  async function hello() {
    begun.resolve();
    await goOn.promise;
    return { message: "first" };
  }
  const first = await openQuietServer(
    [service(Probe, probeHandlers({ hello }))],
    ["tcp://127.0.0.1:0"],
  );
  const [address = ""] = first.addresses;
  await using client = clientAt(address.replace("tcp:", "grpc:"));
  const underWay = client.hello({ name: "Ann" });
  await soon("The call", begun.promise);
  const stopped = first.stop({ timeoutMs: 10_000 });
  goOn.resolve();
  assert.deepEqual(await soon("Its answer", underWay), { message: "first" });
  assert.deepEqual(await soon("The end of the server", stopped), { cancelledCalls: 0 });
  await assert.rejects(client.hello({ name: "Ann" }), {
    code: "unavailable",
    maybeExecuted: false,
  });
  const second = service(Probe, probeHandlers({ hello: () => ({ message: "second" }) }));
  await using stack = new AsyncDisposableStack();
  stack.use(await openQuietServer([second], [address]));
  assert.deepEqual(await client.hello({ name: "Ann" }), { message: "second" });
});
