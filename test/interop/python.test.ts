/**
 * The official interop cases, driven by Debian's Python grpcio from code that `protoc` made of the official `.proto`.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { openInteropServer, openProxiedInterop, protoFolder } from "./test-interop-server.ts";

const run = promisify(execFile);

/** Debian's, which has the libraries; another one may come first in the PATH. */
const python = "/usr/bin/python3";
const needed = [python, "/usr/lib/python3/dist-packages/grpc_tools", `${protoFolder}/grpc/testing`];
const missing = needed.find((path) => !existsSync(path));
const skip = missing === undefined ? false : `${missing} is missing`;

test(
  "Python's grpcio passes all interop cases, at a service and through the proxy",
  { skip },
  async () => {
    await using server = await openInteropServer();
    await using proxied = await openProxiedInterop();
    const folder = await mkdtemp(join(tmpdir(), "reef-"));
    try {
      const out = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
      const files = ["empty", "messages", "test"].map((name) => `grpc/testing/${name}.proto`);
      await run(python, ["-m", "grpc_tools.protoc", `-I${protoFolder}`, ...out, ...files]);
      const client = fileURLToPath(new URL("interop_client.py", import.meta.url));
      const lines = async (target: string) => {
        const ended = await run(python, [client, target, folder]).catch((error) => error);
        return `${ended.stdout}${ended.stderr}`.trim().split("\n");
      };
      const [direct, through] = await Promise.all([lines(server.target), lines(proxied.target)]);
      assert.deepEqual(notOk(direct), []);
      assert.equal(direct.length, 16);
      // How a message is compressed is between a caller and whoever it is connected to.
      const failed = through.filter((line) => line.startsWith("FAILED "));
      assert.deepEqual(
        failed.map((line) => line.split(":", 1)[0]),
        ["FAILED client_compressed_unary"],
      );
      assert.equal(through.filter((line) => line.startsWith("ok ")).length, 15);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

function notOk(lines: readonly string[]): string[] {
  return lines.filter((line) => !line.startsWith("ok "));
}
