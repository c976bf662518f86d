/** What a caller that is not ours sees of a typed error: grpc-js has brought it, protoc reads it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import * as grpc from "@grpc/grpc-js";

import { encodeBytes } from "../../src/contract/byte-sink.ts";
import { encodeFileDescriptorSet } from "../../src/contract/proto/descriptor-bytes.ts";
import { fileDescriptorsOf } from "../../src/contract/proto/file-descriptors-of.ts";
import { withWellKnownFiles } from "../../src/contract/proto/well-known-files.ts";
import { openFixture } from "../../src/edges/proxy/fixtures/open-fixture.ts";
import { Probe, probeHandlers } from "../../src/rpc/conformance/probe.ts";
import { readProto } from "../../src/rpc/grpc/status-proto.ts";
import { service } from "../../src/rpc/service.ts";
import { openTestServer } from "../../src/rpc/wire/test-wire.ts";

const noProtoc = spawnSync("protoc", ["--version"]).error ? "there is no protoc here" : false;

const handlers = probeHandlers({
  hello: (_, call) => {
    throw call.errors.nobody({ name: "Ann", raw: new Uint8Array([65]), big: 7n });
  },
});

test(
  "grpc-js brings the data of a typed error as a message that protoc knows",
  { skip: noProtoc },
  async () => {
    await using server = await openTestServer(handlers);
    await assertPacked(server.address.replace("tcp://", ""));
  },
);

test(
  "the proxy passes the data of a typed error on as the same message",
  { skip: noProtoc },
  async () => {
    await using fixture = await openFixture([service(Probe, handlers)]);
    await assertPacked(new URL(fixture.proxy.url).host);
  },
);

async function assertPacked(target: string): Promise<void> {
  const status = await detailsOf(target);
  const details = readProto(status).filter(({ number }) => number === 3);
  const [info, data] = details.map(({ bytes }) => readProto(bytes).map((field) => field.bytes));
  assert.equal(String(Buffer.from(info?.[0] ?? [])), "type.googleapis.com/google.rpc.ErrorInfo");
  const type = "probe.v1.HelloNobodyError";
  assert.equal(String(Buffer.from(data?.[0] ?? [])), `type.googleapis.com/${type}`);
  const folder = await mkdtemp(join(tmpdir(), "reef-typed-errors-"));
  try {
    const set = join(folder, "files");
    const files = fileDescriptorsOf(Probe.descriptor);
    await writeFile(set, encodeFileDescriptorSet(withWellKnownFiles(files)));
    const args = [`--descriptor_set_in=${set}`, `--decode=${type}`];
    const { stdout, stderr } = spawnSync("protoc", args, { input: data?.[1], encoding: "utf8" });
    assert.equal(stdout, 'name: "Ann"\nraw: "A"\nbig: 7\n', stderr);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function detailsOf(target: string): Promise<Buffer> {
  const client = new grpc.Client(target, grpc.credentials.createInsecure());
  const { protobuf } = Probe.methods.hello.input;
  assert.ok(protobuf);
  const bytes = (value: object) => Buffer.from(encodeBytes(protobuf, value));
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const path = "/probe.v1.Probe/Hello";
      client.makeUnaryRequest(
        path,
        bytes,
        (answer) => answer,
        { name: "Ann" },
        (error) => {
          const [details] = error?.metadata.get("grpc-status-details-bin") ?? [];
          if (Buffer.isBuffer(details)) resolve(details);
          else reject(new Error("It has no details", { cause: error }));
        },
      );
    });
  } finally {
    client.close();
  }
}
