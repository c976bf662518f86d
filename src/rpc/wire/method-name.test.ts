import assert from "node:assert/strict";
import { test } from "node:test";

import { DeadlineSweep } from "../../core/deadline.ts";
import type { ClientCall } from "../client-call.ts";
import { createClient } from "../client.ts";
import { PlainProbe, Probe, probeHandlers } from "../conformance/probe.ts";
import { service } from "../service.ts";
import { openQuietServer } from "../test-probe.ts";
import type { Transport } from "../transport.ts";
import { openConnection } from "./connect.ts";

/** What a call between the two is written in. */
async function codecBetween(served: typeof Probe, called: typeof Probe, protobuf = true) {
  const probe = service(served, probeHandlers());
  await using server = await openQuietServer([probe], ["tcp://127.0.0.1:0"]);
  await using connection = await openConnection(server.addresses[0] ?? "", { protobuf });
  const sent: ClientCall[] = [];
  const route: Transport = {
    usable: true,
    ended: connection.ended,
    closed: connection.closed,
    send(call) {
      sent.push(call);
      connection.send(call);
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
  const client = createClient(called, { route, deadlines: new DeadlineSweep() });
  assert.deepEqual(await client.hello({ name: "Ann" }), { message: "Hello Ann" });
  return sent[0]?.answers?.name;
}

test("a call is written in protobuf where both sides have numbers, else in JSON", async () => {
  assert.equal(await codecBetween(Probe, Probe), "protobuf");
  assert.equal(await codecBetween(Probe, Probe, false), "json");
  assert.equal(await codecBetween(PlainProbe, Probe), "json");
  assert.equal(await codecBetween(Probe, PlainProbe), "json");
});
