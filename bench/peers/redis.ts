/**
 * Redis with every write on disk before its answer, by its own client. A page is what its users do: an index, then
 * MGET.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";
import { entriesOf, keysDefault, storeClient } from "../store-work.ts";
import type { PeerServer } from "../work.ts";
import { freePort } from "./free-port.ts";

/** Beside each key, so that keys can be listed in order. */
const index = "keys";

/** Entries that are written at once while it is filled. */
const portion = 1_000;

export async function serve({ keys = keysDefault }): Promise<PeerServer> {
  const folder = await mkdtemp(join(tmpdir(), "reef-bench-"));
  const port = await freePort();
  const options = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, ...options];
  const server = spawn("redis-server", args, { stdio: "ignore" });
  await once(server, "spawn");
  const address = `redis://127.0.0.1:${port}`;
  await fill(address, keys);
  return {
    address,
    async [Symbol.asyncDispose]() {
      server.kill();
      await once(server, "exit");
      await rm(folder, { recursive: true });
    },
  };
}

export async function open(address, job) {
  const client = await connect(address);
  return storeClient(job, {
    async put(key, value) {
      await client.set(key, value);
    },
    async get(key) {
      return (await client.get(key)) ?? undefined;
    },
    async list(prefix, limit) {
      const range = { BY: "LEX", LIMIT: { offset: 0, count: limit } } as const;
      const keys = await client.zRange(index, `[${prefix}`, `[${prefix}\xff`, range);
      const values = await client.mGet(keys);
      return keys.map((key, at) => ({ key, value: values[at] ?? "" }));
    },
  });
}

async function fill(address: string, keys: number): Promise<void> {
  const client = await connect(address);
  let writes = [];
  for (const { key, value } of entriesOf(keys)) {
    writes.push(client.set(key, value), client.zAdd(index, { score: 0, value: key }));
    if (writes.length < portion) continue;
    await Promise.all(writes);
    writes = [];
  }
  await Promise.all(writes);
  await client.close();
}

/** It tries again by itself while the server starts. */
async function connect(address: string) {
  const client = createClient({ url: address, socket: { reconnectStrategy: 20 } });
  client.on("error", notYet);
  await client.connect();
  client.off("error", notYet);
  return client;
}

function notYet(): void {}
