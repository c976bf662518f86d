/** Our client of gRPC against servers made with the libraries of others. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { clientCases, runClientCase } from "./client-cases.ts";
import { openGrpcJsServer } from "./test-grpc-js-server.ts";
import { openInteropServer, protoFolder } from "./test-interop-server.ts";

const python = "/usr/bin/python3";
const protos = `${protoFolder}/grpc/testing/test.proto`;
const needed = [protos, python, "/usr/lib/python3/dist-packages/grpc_tools"];

interface Target extends AsyncDisposable {
  readonly target: string;
}

async function openPythonServer(): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  const out = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
  const files = ["empty", "messages", "test"].map((name) => `grpc/testing/${name}.proto`);
  const compile = ["-m", "grpc_tools.protoc", `-I${protoFolder}`, ...out, ...files];
  await promisify(execFile)(python, compile);
  const program = join(import.meta.dirname, "interop_server.py");
  const child = spawn(python, [program, folder], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  return {
    target: `127.0.0.1:${Number(String(line))}`,
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.kill();
      await gone;
      await rm(folder, { recursive: true });
    },
  };
}

const servers: { readonly [name: string]: [open: () => Promise<Target>, needs: string[]] } = {
  reef: [openInteropServer, []],
  "grpc-js": [openGrpcJsServer, [protos]],
  "Python's grpcio": [openPythonServer, needed],
};

for (const [name, [open, needs]] of Object.entries(servers)) {
  const missing = needs.find((path) => !existsSync(path));
  const skip = missing !== undefined && `${missing} is missing`;
  test(`our client passes the interop cases against ${name}`, { skip }, async (t) => {
    await using server = await open();
    for (const each of Object.keys(clientCases)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await t.test(each, () => runClientCase(each, server.target));
    }
    assert.equal(Object.keys(clientCases).length, 16);
  });
}
