import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { t } from "../../../../contract/builder.ts";
import { contract } from "../../../../contract/contract.ts";
import { method } from "../../../../contract/method.ts";
import { createLogger } from "../../../../core/log.ts";
import { createMemoryRegistry } from "../../../registry/drivers/memory.ts";
import type { Node } from "../../../registry/index.ts";
import { publicPortKey, type RunSpec } from "../../index.ts";
import { foreignProgram } from "./foreign-program.ts";

const Pricing = contract("pricing", { fare: method({ input: t.object({ km: t.number() }) }) });

const log = createLogger({ write: () => {} });

/** A program that is attended as if its process had just been started. */
async function attend(spec: RunSpec) {
  const registry = createMemoryRegistry();
  const program = await foreignProgram({ folder: tmpdir(), ...spec }, { registry, log });
  const variables = (await program.prepare?.()) ?? {};
  const leaving = new AbortController();
  const ready = Promise.withResolvers<void>();
  const nodes: (Node | string)[] = [];
  const watch = registry.watch({ namespace: "default", signal: leaving.signal });
  const states = new EventTarget();
  const watched = (async () => {
    for await (const event of watch) {
      if (event.kind === "node") nodes.push(event.node);
      states.dispatchEvent(new Event(event.kind === "node" ? event.node.state : event.kind));
    }
  })();
  const attended = program.attend?.({
    namespace: "default",
    name: "app",
    instance: "i-1",
    pid: 7,
    variables,
    leaving: leaving.signal,
    ready: ready.resolve,
  });
  const port = Number(variables["PORT"]);
  return {
    registry,
    port,
    nodes,
    states,
    ready: ready.promise,
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await Promise.all([attended, watched]);
      assert.deepEqual(await registry.list(), [], "nothing stays listed");
    },
  };
}

async function listen(port: number): Promise<Server> {
  const server = createServer((_request, response) => response.end());
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

test("foreignProgram() is known by its script, or by its command", async () => {
  const around = { registry: createMemoryRegistry(), log };
  const names = { "node -x my_app.mjs --port 8": "my-app", "node --version": "node" };
  for (const [words, name] of Object.entries(names)) {
    const spec = { command: words.split(" "), folder: "/", env: { PATH: pathOfNode } };
    // oxlint-disable-next-line no-await-in-loop
    const program = await foreignProgram(spec, around);
    assert.equal(program.name, name);
    assert.equal(program.source, words);
    assert.equal(program.command, process.execPath);
  }
});

const pathOfNode = join(process.execPath, "..");

test("foreignProgram() finds a program in its folder, and says where it looked", async () => {
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  try {
    const around = { registry: createMemoryRegistry(), log };
    await writeFile(join(folder, "app"), "#!/bin/sh\n", { mode: 0o755 });
    for (const word of ["app", "./app"]) {
      // oxlint-disable-next-line no-await-in-loop
      const { command } = await foreignProgram({ command: [word], folder }, around);
      assert.equal(command, join(folder, "app"));
    }
    await assert.rejects(foreignProgram({ command: ["no-such-program"], folder }, around), {
      code: "not_found",
      reason: "no_program",
      message: /"no-such-program": there is no such program, looked in .* and on PATH/,
    });
    await assert.rejects(foreignProgram({ command: ["app"] }, around), /needs the folder/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("attend() lists the program while it starts, and as ready once its port takes connections", async () => {
  await using it = await attend({
    command: [process.execPath],
    contract: Pricing.descriptor,
    port: 4711,
  });
  await once(it.states, "starting");
  const ready = once(it.states, "ready");
  const server = await listen(it.port);
  await ready;
  server.close();
  const [starting, node] = it.nodes as Node[];
  assert.equal(starting?.state, "starting");
  assert.deepEqual(node, {
    id: "pricing-i-1",
    namespace: "default",
    service: "pricing",
    version: "0.0.0",
    state: "ready",
    addresses: [`http://127.0.0.1:${it.port}`],
    contractDigest: Pricing.digest,
    metadata: { instance: "i-1", pid: "7", [publicPortKey]: "4711" },
  });
});

test("attend() waits for a 2xx of the path that says whether it is ready", async () => {
  await using it = await attend({ command: [process.execPath], readiness: "/healthz" });
  await once(it.states, "starting");
  let looks = 0;
  const server = createServer((request, response) => {
    assert.equal(request.url, "/healthz");
    response.writeHead((looks += 1) < 3 ? 503 : 204).end();
  });
  server.listen(it.port, "127.0.0.1");
  await once(it.states, "ready");
  server.close();
  assert.equal(looks, 3);
  // Without a contract it goes by the name that it runs under, and promises nothing.
  const { service, contractDigest } = it.nodes[0] as Node;
  assert.equal(service, "app");
  assert.deepEqual((await it.registry.contract(contractDigest)).methods, {});
});

test("attend() lists no worker: it is ready at once, and nobody can call it", async () => {
  await using it = await attend({ command: [process.execPath], readiness: "started" });
  await it.ready;
  assert.deepEqual(await it.registry.list(), []);
});

test("prepare() gives each start a port of its own", async () => {
  const around = { registry: createMemoryRegistry(), log };
  const spec = { command: [process.execPath], folder: "/", env: { PYTHONUNBUFFERED: "" } };
  const program = await foreignProgram(spec, around);
  const variables = await program.prepare?.();
  assert.deepEqual(Object.keys(variables ?? {}), ["PORT"]);
  (await listen(Number(variables?.["PORT"]))).close();
});
