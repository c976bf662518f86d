import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";

import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { contractFromDescriptor } from "../../contract/contract-from-descriptor.ts";
import { compileProtos } from "../../contract/proto/compile-protos.ts";
import { contractFromProto } from "../../contract/proto/contract-from-proto.ts";
import { method } from "../../contract/method.ts";
import { ReefError } from "../../core/errors.ts";
import { service } from "../service.ts";
import { openTestServer } from "../wire/test-wire.ts";
import { fromConnectError } from "./status-details.ts";
import { envelopesOf, jsonEnvelope, openHttp2Caller } from "./test-caller.ts";

const json = { "content-type": "application/json" };

function webOf(address: string): string {
  return address.replace("tcp:", "http:");
}

function post(
  address: string,
  path: string,
  body: string | Buffer<ArrayBuffer>,
  headers = {},
): Promise<Response> {
  const url = `${webOf(address)}${path}`;
  return fetch(url, { method: "POST", body, headers: { ...json, ...headers } });
}

test("connectUnary answers a POST of JSON over HTTP/1.1 and HTTP/2", async () => {
  await using server = await openTestServer();
  const answer = await post(server.address, "/probe.v1.Probe/Hello", '{"name":"Ann"}');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.deepEqual(await answer.json(), { message: "Hello Ann" });
  await using caller = openHttp2Caller(server.address);
  const body = Buffer.from('{"name":"Ann"}');
  const second = await caller.post("/probe.v1.Probe/Hello", json, body);
  assert.equal(second.headers[":status"], 200);
  assert.equal(second.body.toString(), '{"message":"Hello Ann"}');
});

test("connectUnary says an error in JSON, under a status of HTTP", async () => {
  await using server = await openTestServer({
    hello: (_, call) => {
      throw call.errors.nobody({ name: "Ann", raw: new Uint8Array([1]), big: 7n });
    },
  });
  const answer = await post(server.address, "/probe.v1.Probe/Hello", '{"name":"Ann"}');
  assert.equal(answer.status, 404);
  const body: unknown = await answer.json();
  const error = fromConnectError(body, "unknown");
  assert.equal(error.code, "not_found");
  assert.equal(error.reason, "nobody");
  assert.deepEqual(error.data, { name: "Ann", raw: "AQ==", big: "7" });
  const bad = await post(server.address, "/probe.v1.Probe/Hello", "{");
  assert.equal(bad.status, 400);
  assert.equal(fromConnectError(await bad.json(), "unknown").maybeExecuted, false);
});

test("connectUnary carries metadata, its trailers as headers, and compresses", async () => {
  await using server = await openTestServer({
    hello(_, call) {
      call.response.headers["x-first"] = String(call.metadata["x-first"]);
      call.response.trailers["x-last"] = "2";
      call.response.compress = true;
      return { message: String(call.requestCompressed) };
    },
  });
  await using caller = openHttp2Caller(server.address);
  const headers = {
    ...json,
    "content-encoding": "gzip",
    "accept-encoding": "gzip",
    "x-first": "1",
  };
  const answer = await caller.post("/probe.v1.Probe/Hello", headers, gzipSync('{"name":""}'));
  assert.equal(answer.headers["x-first"], "1");
  assert.equal(answer.headers["trailer-x-last"], "2");
  assert.equal(answer.headers["content-encoding"], "gzip");
  assert.equal(gunzipSync(answer.body).toString(), '{"message":"true"}');
});

test("readConnectGet() calls what a binding with GET says is safe, and nothing else", async () => {
  const shape = { input: t.object({ n: t.int32() }), output: t.object({ n: t.int32() }) };
  const Reader = contract(
    "reader",
    { look: method({ ...shape, http: "GET /look/{n}" }), change: method(shape) },
    { version: "1.0.0" },
  );
  const handlers = { look: ({ n }: { n: number }) => ({ n }), change: () => ({ n: 0 }) };
  await using server = await openTestServer({}, { services: [service(Reader, handlers)] });
  const base = `${webOf(server.address)}/reader.v1.Reader`;
  const plain = new URLSearchParams({ connect: "v1", encoding: "json", message: '{"n":1}' });
  const looked = await fetch(`${base}/Look?${plain}`);
  assert.deepEqual(await looked.json(), { n: 1 });
  const message = gzipSync('{"n":2}').toString("base64url");
  const packed = new URLSearchParams({
    encoding: "json",
    base64: "1",
    compression: "gzip",
    message,
  });
  assert.deepEqual(await (await fetch(`${base}/Look?${packed}`)).json(), { n: 2 });
  const refused = await fetch(`${base}/Change?${plain}`);
  assert.equal(refused.status, 501);
  assert.match(await refused.text(), /use POST/);
});

test("readConnectGet() calls what a .proto says has no side effects", async () => {
  const source = `syntax = "proto3"; package shelf.v1; message Book { int32 n = 1; }
    service Shelf {
      rpc Look(Book) returns (Book) { option idempotency_level = NO_SIDE_EFFECTS; }
      rpc Put(Book) returns (Book) { option idempotency_level = IDEMPOTENT; }
    }`;
  const files = await compileProtos("shelf.proto", async () => source);
  const Shelf = contractFromDescriptor(contractFromProto(files, "shelf.v1.Shelf"));
  // What comes is read by the shapes of the files.
  const same = (book: unknown) => book as object;
  const shelf = service(Shelf, { look: same, put: same });
  await using server = await openTestServer({}, { services: [shelf] });
  const query = new URLSearchParams({ encoding: "json", message: '{"n":1}' });
  const base = `${webOf(server.address)}/shelf.v1.Shelf`;
  assert.deepEqual(await (await fetch(`${base}/Look?${query}`)).json(), { n: 1 });
  const refused = await fetch(`${base}/Put?${query}`);
  assert.match(await refused.text(), /NO_SIDE_EFFECTS/);
});

test("connectStream ends with JSON that says how it went", async () => {
  await using server = await openTestServer({
    async *count(_, call) {
      call.response.trailers["x-last"] = "2";
      yield { n: 1 };
      throw new ReefError("out_of_range", "no more");
    },
  });
  const path = "/probe.v1.Probe/Count";
  const headers = { "content-type": "application/connect+json" };
  const body = Buffer.from(jsonEnvelope({ to: 1 }));
  const answer = await post(server.address, path, body, headers);
  assert.equal(answer.status, 200);
  const all = envelopesOf(Buffer.from(await answer.arrayBuffer()));
  assert.deepEqual(all[0], { flags: 0, text: '{"n":1}' });
  assert.equal(all[1]?.flags, 2);
  assert.deepEqual(JSON.parse(String(all[1]?.text)), {
    error: { code: "out_of_range", message: "no more" },
    metadata: { "x-last": ["2"] },
  });
});

test("connectStream takes a stream of inputs over HTTP/1.1", async () => {
  await using server = await openTestServer();
  const body = Buffer.concat([jsonEnvelope({ n: 1 }), jsonEnvelope({ n: 2 })]);
  const headers = { "content-type": "application/connect+json", "connect-timeout-ms": "1000" };
  const answer = await post(server.address, "/probe.v1.Probe/Sum", body, headers);
  const [sum, end] = envelopesOf(Buffer.from(await answer.arrayBuffer()));
  assert.deepEqual(sum, { flags: 0, text: '{"sum":3}' });
  assert.deepEqual(end, { flags: 2, text: "{}" });
});
