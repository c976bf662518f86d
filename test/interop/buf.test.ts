/**
 * `buf curl`, which shares no code with us, reaches the interop service by each protocol, with a schema and without.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { openInteropServer, protoFolder, skip } from "./test-interop-server.ts";

const run = promisify(execFile);
const buf = fileURLToPath(new URL("../../node_modules/.bin/buf", import.meta.url));
const unaryCall = "grpc.testing.TestService/UnaryCall";
async function curl(...given: string[]): Promise<string> {
  const ended = await run(buf, ["curl", "--http2-prior-knowledge", ...given]).catch(
    (error) => error,
  );
  return `${ended.stdout}${ended.stderr}`;
}

function asks(text: string): unknown {
  return JSON.parse(text);
}

const answer = { payload: { body: "AAA=" } };

for (const protocol of ["grpc", "grpcweb", "connect"]) {
  test(`buf curl calls by ${protocol} without a schema, by reflection`, { skip }, async () => {
    await using server = await openInteropServer();
    const url = `http://${server.target}/${unaryCall}`;
    const body = '{"responseSize":2}';
    for (const version of ["grpc-v1", "grpc-v1alpha"]) {
      const how = ["--protocol", protocol, "--reflect-protocol", version];
      assert.deepEqual(asks(await curl(...how, "-d", body, url)), answer);
    }
  });

  test(`buf curl calls by ${protocol} with the official schema`, { skip }, async () => {
    await using server = await openInteropServer();
    const folder = await mkdtemp(join(tmpdir(), "reef-"));
    try {
      const schema = join(folder, "test.binpb");
      const out = [`--descriptor_set_out=${schema}`, "--include_imports"];
      await run("protoc", [`-I${protoFolder}`, ...out, "grpc/testing/test.proto"]);
      const how = ["--protocol", protocol, "--schema", schema];
      const base = `http://${server.target}/grpc.testing.TestService`;
      const one = await curl(...how, "-d", '{"responseSize":2}', `${base}/UnaryCall`);
      assert.deepEqual(asks(one), answer);
      const sizes = '{"responseParameters":[{"size":2},{"size":2}]}';
      const streamed = await curl(...how, "-d", sizes, `${base}/StreamingOutputCall`);
      assert.deepEqual(asks(`[${streamed.trim().replaceAll("}\n{", "},{")}]`), [answer, answer]);
      const status = '{"responseStatus":{"code":5,"message":"nobody"}}';
      const failed = await curl(...how, "-d", status, `${base}/UnaryCall`);
      assert.match(failed, /"code": "not_found",\s+"message": "nobody"/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test(
  "buf curl lists the methods of a node, health and reflection with them",
  { skip },
  async () => {
    await using server = await openInteropServer();
    const methods = (await curl("--list-methods", `http://${server.target}`)).trim().split("\n");
    assert.ok(methods.includes("grpc.testing.TestService/FullDuplexCall"));
    assert.ok(methods.includes("grpc.health.v1.Health/Watch"));
    assert.ok(methods.includes("grpc.reflection.v1.ServerReflection/ServerReflectionInfo"));
  },
);
