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

import { openInteropServer, protoFolder } from "./test-interop-server.ts";

const run = promisify(execFile);

/** Debian's, which has the libraries; another one may come first in the PATH. */
const python = "/usr/bin/python3";
const needed = [python, "/usr/lib/python3/dist-packages/grpc_tools", `${protoFolder}/grpc/testing`];
const missing = needed.find((path) => !existsSync(path));
const skip = missing === undefined ? false : `${missing} is missing`;

test("Python's grpcio passes all interop cases", { skip }, async () => {
  await using server = await openInteropServer();
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  try {
    const out = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
    const files = ["empty", "messages", "test"].map((name) => `grpc/testing/${name}.proto`);
    await run(python, ["-m", "grpc_tools.protoc", `-I${protoFolder}`, ...out, ...files]);
    const client = fileURLToPath(new URL("interop_client.py", import.meta.url));
    const ended = await run(python, [client, server.target, folder]).catch((error) => error);
    const lines = `${ended.stdout}${ended.stderr}`.trim().split("\n");
    assert.deepEqual(
      lines.filter((line) => !line.startsWith("ok ")),
      [],
    );
    assert.equal(lines.length, 16);
  } finally {
    await rm(folder, { recursive: true });
  }
});
