import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { soon } from "../../testing/soon.ts";
import { openTestServer } from "../wire/test-wire.ts";
import { EnvelopeReader } from "./grpc-frames.ts";
import { envelopesOf, jsonEnvelope, openHttp2Caller } from "./test-caller.ts";

const grpcJson = { "content-type": "application/grpc+json", te: "trailers" };
const check = "/grpc.health.v1.Health/Check";

test("Health knows the server and each of its services", async () => {
  await using server = await openTestServer();
  await using caller = openHttp2Caller(server.address);
  for (const name of ["", "probe.v1.Probe"]) {
    const answer = await caller.post(check, grpcJson, jsonEnvelope({ service: name }));
    assert.deepEqual(envelopesOf(answer.body), [{ flags: 0, text: '{"status":"SERVING"}' }]);
  }
  const unknown = await caller.post(check, grpcJson, jsonEnvelope({ service: "a.B" }));
  assert.equal(unknown.headers["grpc-status"], "5");
});

test("Health tells whoever watches that the server stops, and does not hold it up", async () => {
  await using server = await openTestServer();
  await using caller = openHttp2Caller(server.address);
  const path = "/grpc.health.v1.Health/Watch";
  const stream = caller.session.request({ ":method": "POST", ":path": path, ...grpcJson });
  const seen: string[] = [];
  const reader = new EnvelopeReader(1_000);
  const first = Promise.withResolvers<void>();
  stream.on("data", (chunk: Buffer) => {
    reader.push(chunk);
    for (let next = reader.next(); next; next = reader.next()) {
      seen.push(Buffer.from(next.data).toString());
      first.resolve();
    }
  });
  const trailers = once(stream, "trailers");
  stream.end(jsonEnvelope({ service: "" }));
  await soon("the first status", first.promise);
  const stopped = server.rpc.stop({ timeoutMs: 10_000 });
  const [got] = await soon("the end of the watch", trailers);
  assert.equal(got["grpc-status"], "0");
  assert.deepEqual(seen, ['{"status":"SERVING"}', '{"status":"NOT_SERVING"}']);
  assert.deepEqual(await soon("the end of the server", stopped), { cancelledCalls: 0 });
});
