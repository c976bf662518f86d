import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";

import { systemClock } from "../core/clock.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { checkPort } from "./check-port.ts";

async function listening() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, port };
}

const { signal } = new AbortController();

test("checkPort() names who has a port that is not given up", async () => {
  const { server, port } = await listening();
  const clock = createManualClock();
  const owners: string[] = [];
  async function onTaken(owner: string) {
    owners.push(owner);
    await clock.advance(3_000);
  }
  await assert.rejects(checkPort(port, { clock, signal, onTaken }), {
    code: "already_exists",
    message: new RegExp(`port ${port}: .+ has it; choose another one`),
  });
  assert.equal(owners.length, 1);
  server.close();
});

test("checkPort() waits for a port that is being given up, and has nothing against one that is free", async () => {
  const { server, port } = await listening();
  const taken: string[] = [];
  async function onTaken(owner: string) {
    taken.push(owner);
    server.close();
  }
  await checkPort(port, { clock: systemClock, signal, onTaken });
  await checkPort(port, { clock: systemClock, signal, onTaken });
  assert.equal(taken.length, 1);
});
