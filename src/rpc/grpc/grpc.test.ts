import assert from "node:assert/strict";
import { test } from "node:test";

import { openTestServer } from "../wire/test-wire.ts";
import { envelopesOf, jsonEnvelope, openHttp2Caller } from "./test-caller.ts";

const grpcJson = { "content-type": "application/grpc+json", te: "trailers" };

test("HttpCall answers a unary call of gRPC", async () => {
  await using server = await openTestServer();
  await using caller = openHttp2Caller(server.address);
  const answer = await caller.post(
    "/probe.v1.Probe/Hello",
    grpcJson,
    jsonEnvelope({ name: "Ann" }),
  );
  assert.equal(answer.headers["content-type"], "application/grpc+json");
  assert.deepEqual(envelopesOf(answer.body), [{ flags: 0, text: '{"message":"Hello Ann"}' }]);
  assert.equal(answer.trailers["grpc-status"], "0");
});

test("HttpCall streams in both directions", async () => {
  await using server = await openTestServer();
  await using caller = openHttp2Caller(server.address);
  const counted = await caller.post("/probe.v1.Probe/Count", grpcJson, jsonEnvelope({ to: 3 }));
  assert.deepEqual(
    envelopesOf(counted.body).map(({ text }) => text),
    ['{"n":1}', '{"n":2}', '{"n":3}'],
  );
  const numbers = Buffer.concat([jsonEnvelope({ n: 4 }), jsonEnvelope({ n: 5 })]);
  const sum = await caller.post("/probe.v1.Probe/Sum", grpcJson, numbers);
  assert.deepEqual(envelopesOf(sum.body), [{ flags: 0, text: '{"sum":9}' }]);
  const chat = await caller.post("/probe.v1.Probe/Chat", grpcJson, numbers);
  assert.deepEqual(
    envelopesOf(chat.body).map(({ text }) => text),
    ['{"n":4}', '{"n":5}'],
  );
  assert.equal(chat.trailers["grpc-status"], "0");
});
