/** The official interop cases, driven by the library `@grpc/grpc-js` from the official `.proto`. */
import assert from "node:assert/strict";
import { test } from "node:test";

import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

import { envelope } from "../../src/rpc/grpc/grpc-frames.ts";
import { openHttp2Caller } from "../../src/rpc/grpc/test-caller.ts";
import { openInteropServer, openProxiedInterop, protoFolder, skip } from "./test-interop-server.ts";

type Message = { readonly [name: string]: unknown };
type Status = grpc.StatusObject;

interface Answer {
  readonly error: grpc.ServiceError | null;
  readonly value: Message | undefined;
  readonly headers: grpc.Metadata;
  readonly status: Status;
}

interface UnaryOptions {
  readonly metadata?: grpc.Metadata;
  readonly options?: grpc.CallOptions;
}

/** Methods by the names of the `.proto`; grpc-js makes them at run time, so it has no types for them. */
type Stub = grpc.Client & { readonly [method: string]: (...given: unknown[]) => unknown };

type Run = (stub: Stub, target: string) => Promise<void>;

/** At the port of the service, and through the proxy. */
function interop(name: string, run: Run): void {
  interopAt("a service", openInteropServer, name, run);
  interopAt("the proxy", openProxiedInterop, name, run);
}

function interopAt(
  place: string,
  open: typeof openInteropServer,
  ...[name, run]: Parameters<typeof interop>
): void {
  test(`grpc-js passes ${name} at ${place}`, { skip }, async () => {
    await using server = await open();
    const stub = openStub("TestService", server.target);
    try {
      await run(stub, server.target);
    } finally {
      stub.close();
    }
  });
}

/** How messages are compressed is between a caller and whoever it is connected to. */
function interopAtService(name: string, run: Run): void {
  interopAt("a service", openInteropServer, name, run);
}

function openStub(service: string, target: string, options: grpc.ClientOptions = {}): Stub {
  const definition = loadSync("grpc/testing/test.proto", {
    includeDirs: [protoFolder],
    keepCase: true,
  });
  const loaded = grpc.loadPackageDefinition(definition) as unknown as {
    grpc: { testing: { [service: string]: grpc.ServiceClientConstructor } };
  };
  const Client = loaded.grpc.testing[service] as grpc.ServiceClientConstructor;
  return new Client(target, grpc.credentials.createInsecure(), options) as unknown as Stub;
}

function unary(stub: Stub, method: string, request: Message, more: UnaryOptions = {}) {
  const { metadata = new grpc.Metadata(), options = {} } = more;
  return new Promise<Answer>((resolve) => {
    let headers = new grpc.Metadata();
    let done: { error: grpc.ServiceError | null; value: Message | undefined } | undefined;
    const callback = (error: grpc.ServiceError | null, value?: Message) => {
      done = { error, value };
    };
    const call = stub[method]?.(request, metadata, options, callback) as grpc.ClientUnaryCall;
    call.on("metadata", (got) => (headers = got));
    call.on("status", (status) => {
      setImmediate(() => resolve({ error: null, value: undefined, ...done, headers, status }));
    });
  });
}

function duplex(stub: Stub, more: UnaryOptions = {}) {
  const { metadata = new grpc.Metadata(), options = {} } = more;
  const call = stub["FullDuplexCall"]?.(metadata, options) as grpc.ClientDuplexStream<
    Message,
    { payload: { body: Buffer } }
  >;
  const status = new Promise<Status>((resolve) => call.on("status", resolve));
  call.on("error", () => {});
  return { call, status };
}

function zeros(size: number) {
  return { body: Buffer.alloc(size) };
}

function bodySize(value: Message | undefined): number {
  const { payload } = value as { payload: { body: Buffer } };
  return payload.body.length;
}

interop("empty_unary", async (stub) => {
  const { error, value } = await unary(stub, "EmptyCall", {});
  assert.equal(error, null);
  assert.deepEqual(value, {});
});

interop("large_unary", async (stub) => {
  const request = { response_size: 314_159, payload: zeros(271_828) };
  const { value } = await unary(stub, "UnaryCall", request);
  assert.equal(bodySize(value), 314_159);
});

interop("client_streaming", async (stub) => {
  const value = await new Promise<Message>((resolve, reject) => {
    const call = stub["StreamingInputCall"]?.((error: Error | null, got: Message) => {
      if (error) reject(error);
      else resolve(got);
    }) as grpc.ClientWritableStream<Message>;
    for (const size of [27_182, 8, 1_828, 45_904]) call.write({ payload: zeros(size) });
    call.end();
  });
  assert.equal(value["aggregated_payload_size"], 74_922);
});

interop("server_streaming", async (stub) => {
  const sizes = [31_415, 9, 2_653, 58_979];
  const request = { response_parameters: sizes.map((size) => ({ size })) };
  const call = stub["StreamingOutputCall"]?.(request) as grpc.ClientReadableStream<Message>;
  const got: number[] = [];
  for await (const value of call) got.push(bodySize(value as Message));
  assert.deepEqual(got, sizes);
});

interop("ping_pong", async (stub) => {
  const { call, status } = duplex(stub);
  const answers = call[Symbol.asyncIterator]();
  for (const [size, sent] of [
    [31_415, 27_182],
    [9, 8],
    [2_653, 1_828],
    [58_979, 45_904],
  ] as const) {
    call.write({ response_parameters: [{ size }], payload: zeros(sent) });
    const { value } = await answers.next();
    assert.equal(bodySize(value as Message), size);
  }
  call.end();
  assert.equal((await answers.next()).done, true);
  assert.equal((await status).code, grpc.status.OK);
});

interop("empty_stream", async (stub) => {
  const { call, status } = duplex(stub);
  let count = 0;
  call.on("data", () => (count += 1));
  call.end();
  assert.equal((await status).code, grpc.status.OK);
  assert.equal(count, 0);
});

interop("cancel_after_begin", async (stub) => {
  const code = await new Promise((resolve) => {
    const call = stub["StreamingInputCall"]?.((error: grpc.ServiceError) => {
      resolve(error.code);
    }) as grpc.ClientWritableStream<Message>;
    call.on("metadata", () => {});
    setImmediate(() => call.cancel());
  });
  assert.equal(code, grpc.status.CANCELLED);
});

interop("cancel_after_first_response", async (stub) => {
  const { call, status } = duplex(stub);
  call.write({ response_parameters: [{ size: 31_415 }], payload: zeros(27_182) });
  call.once("data", () => call.cancel());
  assert.equal((await status).code, grpc.status.CANCELLED);
});

interop("timeout_on_sleeping_server", async (stub) => {
  const { call, status } = duplex(stub, { options: { deadline: Date.now() + 1 } });
  call.write({ payload: zeros(27_182) });
  assert.equal((await status).code, grpc.status.DEADLINE_EXCEEDED);
});

interop("status_code_and_message", async (stub) => {
  const response_status = { code: 2, message: "test status message" };
  const { error } = await unary(stub, "UnaryCall", { response_status });
  assert.equal(error?.code, grpc.status.UNKNOWN);
  assert.equal(error?.details, "test status message");
  const { call, status } = duplex(stub);
  call.resume();
  call.write({ response_status });
  call.end();
  const { code, details } = await status;
  assert.deepEqual({ code, details }, { code: 2, details: "test status message" });
});

interop("special_status_message", async (stub) => {
  const message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
  const { error } = await unary(stub, "UnaryCall", { response_status: { code: 2, message } });
  assert.equal(error?.code, grpc.status.UNKNOWN);
  assert.equal(error?.details, message);
});

interop("custom_metadata", async (stub) => {
  const metadata = new grpc.Metadata();
  metadata.set("x-grpc-test-echo-initial", "test_initial_metadata_value");
  metadata.set("x-grpc-test-echo-trailing-bin", Buffer.from([0xab, 0xab, 0xab]));
  const one = await unary(stub, "UnaryCall", { response_size: 1 }, { metadata });
  const { call, status } = duplex(stub, { metadata });
  const head = new Promise<grpc.Metadata>((resolve) => call.on("metadata", resolve));
  call.resume();
  call.write({ response_parameters: [{ size: 1 }] });
  call.end();
  for (const [headers, trailers] of [
    [one.headers, one.status.metadata],
    [await head, (await status).metadata],
  ] as const) {
    assert.deepEqual(headers.get("x-grpc-test-echo-initial"), ["test_initial_metadata_value"]);
    const trailing = trailers.get("x-grpc-test-echo-trailing-bin");
    assert.deepEqual(trailing, [Buffer.from([0xab, 0xab, 0xab])]);
  }
});

interop("unimplemented_method", async (stub) => {
  const { error } = await unary(stub, "UnimplementedCall", {});
  assert.equal(error?.code, grpc.status.UNIMPLEMENTED);
});

interop("unimplemented_service", async (_stub, target) => {
  const other = openStub("UnimplementedService", target);
  const { error } = await unary(other, "UnimplementedCall", {});
  other.close();
  assert.equal(error?.code, grpc.status.UNIMPLEMENTED);
});

interopAtService("client_compressed_unary", async (stub, target) => {
  const sizes = { response_size: 314_159, payload: zeros(271_828) };
  const expecting = { ...sizes, expect_compressed: { value: true } };
  const probe = await unary(stub, "UnaryCall", expecting);
  assert.equal(probe.error?.code, grpc.status.INVALID_ARGUMENT);
  const gzip = openStub("TestService", target, { "grpc.default_compression_algorithm": 2 });
  const packed = await unary(gzip, "UnaryCall", expecting);
  assert.equal(bodySize(packed.value), 314_159);
  gzip.close();
  const plain = await unary(stub, "UnaryCall", { ...sizes, expect_compressed: { value: false } });
  assert.equal(bodySize(plain.value), 314_159);
});

interopAtService("server_compressed_unary", async (stub, target) => {
  for (const value of [true, false]) {
    const request = { response_size: 314_159, response_compressed: { value } };
    const answer = await unary(stub, "UnaryCall", request);
    assert.equal(bodySize(answer.value), 314_159);
  }
  // grpc-js unpacks without a word: that the message was compressed shows in its bytes alone.
  await using caller = openHttp2Caller(`http://${target}`);
  const headers = { "content-type": "application/grpc", "grpc-accept-encoding": "gzip" };
  for (const compressed of [1, 0]) {
    const request = envelope(0, Buffer.from([0x10, 0xaf, 0x96, 0x13, 0x32, 2, 8, compressed]));
    const { body } = await caller.post("/grpc.testing.TestService/UnaryCall", headers, request);
    assert.equal(body[0], compressed);
    assert.equal(body.length < 314_159, compressed === 1);
  }
});
