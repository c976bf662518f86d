import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";

import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { ReefError } from "../../core/errors.ts";
import { soon } from "../../testing/soon.ts";
import { aborted } from "../conformance/probe.ts";
import type { Call } from "../server-call.ts";
import { service } from "../service.ts";
import { openTestServer } from "../wire/test-wire.ts";
import { envelope, envelopeFlag } from "./grpc-frames.ts";
import { base64Bytes } from "../header-metadata.ts";
import { decodeStatusDetails } from "./status-details.ts";
import { envelopesOf, jsonEnvelope, openHttp2Caller } from "./test-caller.ts";

const grpcJson = { "content-type": "application/grpc+json", te: "trailers" };
const hello = "/probe.v1.Probe/Hello";

function texts(body: Buffer): string[] {
  return envelopesOf(body).map(({ text }) => text);
}

test("HttpCall answers a unary call of gRPC", async () => {
  await using server = await openTestServer();
  await using caller = openHttp2Caller(server.address);
  const answer = await caller.post(hello, grpcJson, jsonEnvelope({ name: "Ann" }));
  assert.equal(answer.headers["content-type"], "application/grpc+json");
  assert.deepEqual(envelopesOf(answer.body), [{ flags: 0, text: '{"message":"Hello Ann"}' }]);
  assert.equal(answer.trailers["grpc-status"], "0");
});

test("HttpCall streams in both directions", async () => {
  await using server = await openTestServer();
  await using caller = openHttp2Caller(server.address);
  const counted = await caller.post("/probe.v1.Probe/Count", grpcJson, jsonEnvelope({ to: 3 }));
  assert.deepEqual(texts(counted.body), ['{"n":1}', '{"n":2}', '{"n":3}']);
  const numbers = Buffer.concat([jsonEnvelope({ n: 4 }), jsonEnvelope({ n: 5 })]);
  const sum = await caller.post("/probe.v1.Probe/Sum", grpcJson, numbers);
  assert.deepEqual(texts(sum.body), ['{"sum":9}']);
  const chat = await caller.post("/probe.v1.Probe/Chat", grpcJson, numbers);
  assert.deepEqual(texts(chat.body), ['{"n":4}', '{"n":5}']);
  assert.equal(chat.trailers["grpc-status"], "0");
});

test("HttpCall answers a notify with nothing before its handler has ended", async () => {
  const ended = Promise.withResolvers<void>();
  await using server = await openTestServer({ log: () => ended.promise });
  await using caller = openHttp2Caller(server.address);
  const answer = await caller.post("/probe.v1.Probe/Log", grpcJson, jsonEnvelope({ text: "" }));
  assert.deepEqual(texts(answer.body), ["{}"]);
  assert.equal(answer.trailers["grpc-status"], "0");
  ended.resolve();
});

test("HttpCall gives a typed error with its reason and data as details", async () => {
  const data = { name: "Ann", raw: new Uint8Array([1]), big: 7n };
  await using server = await openTestServer({
    hello: (_, call) => Promise.reject(call.errors.nobody(data)),
  });
  await using caller = openHttp2Caller(server.address);
  const { headers } = await caller.post(hello, grpcJson, jsonEnvelope({ name: "Ann" }));
  assert.equal(headers["grpc-status"], "5");
  assert.equal(headers["grpc-message"], 'probe says "nobody"');
  const details = base64Bytes(String(headers["grpc-status-details-bin"]));
  const error = decodeStatusDetails("not_found", "", details);
  assert.equal(error.domain, "probe");
  assert.equal(error.reason, "nobody");
  assert.deepEqual(error.data, { name: "Ann", raw: "AQ==", big: "7" });
});

test("HttpCall names what is wrong with the input", async () => {
  await using server = await openTestServer();
  await using caller = openHttp2Caller(server.address);
  const { headers } = await caller.post(hello, grpcJson, jsonEnvelope({ name: 1 }));
  assert.equal(headers["grpc-status"], "3");
  const details = base64Bytes(String(headers["grpc-status-details-bin"]));
  const { violations } = decodeStatusDetails("invalid_argument", "", details);
  assert.equal(violations?.[0]?.path, "name");
});

test("HttpCall takes grpc-timeout as the deadline of its call", async () => {
  const begun = Promise.withResolvers<AbortSignal>();
  const handlers = {
    async hello(_: unknown, call: { signal: AbortSignal; remainingMs: number }) {
      assert.equal(call.remainingMs, 100);
      begun.resolve(call.signal);
      await aborted(call.signal);
      return { message: "too late" };
    },
  };
  await using server = await openTestServer(handlers);
  await using caller = openHttp2Caller(server.address);
  const terms = { ...grpcJson, "grpc-timeout": "100m" };
  const answer = caller.post(hello, terms, jsonEnvelope({ name: "" }));
  const signal = await soon("the call", begun.promise);
  await server.clock.advance(200);
  assert.equal((await answer).headers["grpc-status"], "4");
  assert.equal(ReefError.from(signal.reason).code, "deadline_exceeded");
  const bad = await caller.post(hello, { ...grpcJson, "grpc-timeout": "soon" }, jsonEnvelope({}));
  assert.equal(bad.headers["grpc-status"], "3");
});

test("HttpCall fires the signal of its call when the caller resets the stream", async () => {
  const begun = Promise.withResolvers<AbortSignal>();
  const handlers = {
    async hello(_: unknown, call: { signal: AbortSignal }) {
      begun.resolve(call.signal);
      await aborted(call.signal);
      return { message: "nobody listens" };
    },
  };
  await using server = await openTestServer(handlers);
  await using caller = openHttp2Caller(server.address);
  const stream = caller.session.request({ ":method": "POST", ":path": hello, ...grpcJson });
  stream.on("error", () => {});
  stream.end(jsonEnvelope({ name: "" }));
  const signal = await soon("the call", begun.promise);
  stream.close(constants.NGHTTP2_CANCEL);
  await soon("the signal", aborted(signal));
  assert.equal(ReefError.from(signal.reason).code, "cancelled");
});

test("HttpCall never shows a handler half a stream as the whole of it", async () => {
  const outcome = Promise.withResolvers<unknown>();
  const handlers = {
    async sum(numbers: AsyncIterable<{ n: number }>) {
      let sum = 0;
      try {
        for await (const { n } of numbers) sum += n;
        outcome.resolve(sum);
      } catch (error) {
        outcome.resolve(error);
      }
      return { sum };
    },
  };
  await using server = await openTestServer(handlers);
  await using caller = openHttp2Caller(server.address);
  const path = "/probe.v1.Probe/Sum";
  const stream = caller.session.request({ ":method": "POST", ":path": path, ...grpcJson });
  stream.on("error", () => {});
  stream.write(jsonEnvelope({ n: 1 }));
  await once(stream, "response");
  // Not by `close` or `destroy`, with which Node ends the stream first.
  caller.socket.destroy();
  const seen = await soon("the outcome", outcome.promise);
  assert.equal(ReefError.from(seen).code, "cancelled");
});

test("HttpCall carries metadata both ways", async () => {
  const handlers = {
    hello(_: unknown, call: Call) {
      call.response.headers["x-first"] = String(call.metadata["x-first"]);
      call.response.trailers["x-last-bin"] = String(call.metadata["x-last-bin"]);
      call.response.trailers["x-text"] = "grün";
      return { message: Object.keys(call.metadata).toSorted().join() };
    },
  };
  await using server = await openTestServer(handlers);
  await using caller = openHttp2Caller(server.address);
  const given = { ...grpcJson, "x-first": "1", "x-last-bin": "AQI", "user-agent": "test" };
  const answer = await caller.post(hello, given, jsonEnvelope({ name: "" }));
  assert.deepEqual(texts(answer.body), ['{"message":"x-first,x-last-bin"}']);
  assert.equal(answer.headers["x-first"], "1");
  assert.equal(answer.trailers["x-last-bin"], "AQI");
  const texted = base64Bytes(String(answer.trailers["reef-metadata-bin"]));
  assert.equal(Buffer.from(texted).toString(), '{"x-text":"grün"}');
});

test("HttpCall fails a call whose handler gives metadata that cannot be sent", async () => {
  const handlers = {
    hello(_: unknown, call: Call) {
      call.response.trailers["Content-Type"] = "text/html";
      return { message: "" };
    },
  };
  await using server = await openTestServer(handlers);
  await using caller = openHttp2Caller(server.address);
  const { headers } = await caller.post(hello, grpcJson, jsonEnvelope({ name: "" }));
  assert.equal(headers["grpc-status"], "13");
  assert.match(String(headers["grpc-message"]), /broke its contract.*Content-Type/);
});

test("HttpCall reads compressed messages, and compresses for whoever can read it", async () => {
  const handlers = {
    hello({ name }: { name: string }, call: Call) {
      call.response.compress = name === "less";
      return { message: String(call.requestCompressed) };
    },
  };
  await using server = await openTestServer(handlers);
  await using caller = openHttp2Caller(server.address);
  const gzip = { ...grpcJson, "grpc-encoding": "gzip", "grpc-accept-encoding": "identity,gzip" };
  const packed = envelope(envelopeFlag.compressed, gzipSync(JSON.stringify({ name: "less" })));
  const less = await caller.post(hello, gzip, packed);
  assert.equal(less.headers["grpc-encoding"], "gzip");
  assert.equal(less.body[0], envelopeFlag.compressed);
  assert.equal(gunzipSync(less.body.subarray(5)).toString(), '{"message":"true"}');
  const plain = await caller.post(hello, gzip, jsonEnvelope({ name: "all" }));
  assert.deepEqual(envelopesOf(plain.body), [{ flags: 0, text: '{"message":"false"}' }]);
  const other = { ...grpcJson, "grpc-encoding": "br" };
  const refused = await caller.post(hello, other, jsonEnvelope({ name: "" }));
  assert.equal(refused.headers["grpc-status"], "12");
});

test("HttpCall refuses by name what this port does not have", async () => {
  await using server = await openTestServer();
  await using caller = openHttp2Caller(server.address);
  const method = await caller.post("/probe.v1.Probe/Nope", grpcJson);
  assert.equal(method.headers["grpc-status"], "12");
  assert.match(String(method.headers["grpc-message"]), /probe\.v1\.Probe has no method "Nope"/);
  const other = await caller.post("/a.B/C", grpcJson);
  assert.match(String(other.headers["grpc-message"]), /no service "a\.B"/);
});

test("HttpCall names the command that a contract without numbers needs before it speaks protobuf", async () => {
  const Bare = contract("bare", { hello: method({ input: t.object({ name: t.string() }) }) });
  const services = [service(Bare, { hello: () => ({}) })];
  await using server = await openTestServer({}, { services });
  await using caller = openHttp2Caller(server.address);
  const proto = { "content-type": "application/grpc", te: "trailers" };
  const { headers } = await caller.post("/bare.v0.Bare/Hello", proto, jsonEnvelope({}));
  assert.equal(headers["grpc-status"], "9");
  assert.match(String(headers["grpc-message"]), /reef contract lock/);
});

test("HttpCall stops a writer whose reader is slow, and nobody else", async () => {
  let written = 0;
  const handlers = {
    async *count() {
      for (; written < 100_000; written += 1) yield { n: written };
    },
  };
  await using server = await openTestServer(handlers);
  await using caller = openHttp2Caller(server.address);
  const path = "/probe.v1.Probe/Count";
  const slow = caller.session.request({ ":method": "POST", ":path": path, ...grpcJson });
  slow.on("error", () => {});
  slow.end(jsonEnvelope({ to: 0 }));
  await once(slow, "response");
  let before = -1;
  while (before !== written) {
    before = written;
    // A round trip on the same connection: what the writer could write by then, it has.
    const other = await caller.post(hello, grpcJson, jsonEnvelope({ name: "Ann" }));
    assert.equal(other.trailers["grpc-status"], "0");
  }
  assert.ok(written < 50_000, `${written} were written unread`);
  slow.close(constants.NGHTTP2_CANCEL);
});

test("HttpCall does not read more of a stream than its handler may be behind", async () => {
  const go = Promise.withResolvers<void>();
  const handlers = {
    async sum(numbers: AsyncIterable<{ n: number }>) {
      await go.promise;
      let sum = 0;
      for await (const { n } of numbers) sum += n;
      return { sum };
    },
  };
  const limits = { streamMessages: 4 };
  await using server = await openTestServer(handlers, { limits });
  await using caller = openHttp2Caller(server.address);
  const numbers = Buffer.concat(Array.from({ length: 1_000 }, () => jsonEnvelope({ n: 1 })));
  const answer = caller.post("/probe.v1.Probe/Sum", grpcJson, numbers);
  const other = await caller.post(hello, grpcJson, jsonEnvelope({ name: "" }));
  assert.equal(other.trailers["grpc-status"], "0");
  go.resolve();
  assert.deepEqual(texts((await answer).body), ['{"sum":1000}']);
});
