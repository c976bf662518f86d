import assert from "node:assert/strict";
import { test } from "node:test";

import { openTestServer } from "../wire/test-wire.ts";
import { envelopesOf, jsonEnvelope, openHttp2Caller } from "./test-caller.ts";

const path = "/probe.v1.Probe/Chat";
const numbers = Buffer.concat([jsonEnvelope({ n: 1 }), jsonEnvelope({ n: 2 })]);
const answered = [
  { flags: 0, text: '{"n":1}' },
  { flags: 0, text: '{"n":2}' },
  { flags: 0x80, text: "grpc-status: 0\r\n" },
];

test("grpcWeb ends with its trailers in the body, over HTTP/1.1 and HTTP/2", async () => {
  await using server = await openTestServer();
  const headers = { "content-type": "application/grpc-web+json" };
  const url = `${server.address.replace("tcp:", "http:")}${path}`;
  const answer = await fetch(url, { method: "POST", headers, body: numbers });
  assert.equal(answer.headers.get("content-type"), "application/grpc-web+json");
  assert.deepEqual(envelopesOf(Buffer.from(await answer.arrayBuffer())), answered);
  await using caller = openHttp2Caller(server.address);
  assert.deepEqual(envelopesOf((await caller.post(path, headers, numbers)).body), answered);
});

test("grpcWebText is the same in base64, padded wherever a part of it ends", async () => {
  await using server = await openTestServer();
  await using caller = openHttp2Caller(server.address);
  const headers = { "content-type": "application/grpc-web-text+json" };
  const parts = [numbers.subarray(0, 4), numbers.subarray(4)].map((part) =>
    part.toString("base64"),
  );
  const answer = await caller.post(path, headers, Buffer.from(parts.join("")));
  const decoded = (answer.body.toString().match(/[^=]+={0,2}/g) ?? []).map((part) => {
    return Buffer.from(part, "base64");
  });
  assert.deepEqual(envelopesOf(Buffer.concat(decoded)), answered);
  const bad = await caller.post(path, headers, Buffer.from("no base64!"));
  assert.match(Buffer.from(bad.body.toString(), "base64").toString(), /grpc-status: 3/);
});
