/** What the tests of this room share: a served service and a client of it, over the transport that is asked for. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import type { Contract } from "../contract/contract.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { createLogger } from "../core/log.ts";
import { createClient } from "./client.ts";
import type { Fixture } from "./conformance.ts";
import { openRpcServer, type RpcServer } from "./server.ts";
import type { Service } from "./service.ts";
import type { Transport } from "./transport.ts";
import { type ConnectOptions, openConnection } from "./wire/connect.ts";

export type TransportName = "direct" | "tcp" | "unix";

/** A server with these services, quiet in the output of tests. */
export function openQuietServer(
  services: readonly Service[],
  listen: readonly string[],
): Promise<RpcServer> {
  const log = createLogger({ write: () => {} });
  const client = () => assert.fail("these services call nobody");
  return openRpcServer({
    services,
    listen,
    log,
    context: () => ({ client, store: createMemoryStore().database("test"), log }),
  });
}

export async function openProbe(
  transport: TransportName,
  services: readonly Service[],
  options: ConnectOptions = {},
): Promise<Fixture> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  stack.defer(() => rm(folder, { recursive: true }));
  const listen = { direct: [], tcp: ["tcp://127.0.0.1:0"], unix: [`unix:${folder}/s.sock`] }[
    transport
  ];
  const server = stack.use(await openQuietServer(services, listen));
  const route = stack.use(await openRoute(server, options));
  const owned = stack.move();
  const deadlines = new DeadlineSweep();
  return {
    client: <C extends Contract>(contract: C) => createClient(contract, { route, deadlines }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function openRoute(server: RpcServer, options: ConnectOptions): Transport | Promise<Transport> {
  const [address] = server.addresses;
  return address === undefined ? server.direct() : openConnection(address, options);
}
