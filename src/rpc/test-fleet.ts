/** For tests: nodes of one service on real sockets, listed in a registry in memory, and a client that finds them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import { createMemoryRegistry } from "../blocks/registry/drivers/memory.ts";
import type { Grant, Lease, Registry } from "../blocks/registry/index.ts";
import { t } from "../contract/builder.ts";
import { contract } from "../contract/contract.ts";
import { method, stream } from "../contract/method.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { createLogger } from "../core/log.ts";
import { type Client, createClient } from "./client.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { openNodeCache } from "./node-cache.ts";
import { RegistryRoute } from "./registry-route.ts";
import { openRpcServer, type RpcServer } from "./server.ts";
import { service } from "./service.ts";
import { openConnection } from "./wire/connect.ts";

const Where = t.object({ node: t.string() });

export const Echo = contract("echo", {
  /** Harmless to repeat. */
  ask: method({ output: Where, idempotent: true }),
  act: method({ output: Where }),
  many: method({ output: stream(Where) }),
  gather: method({ input: stream(Where), output: Where }),
});

export const echoName = { namespace: "default", service: "echo" };

export interface TestNode extends AsyncDisposable {
  readonly id: string;
  readonly rpc: RpcServer;
  readonly lease: Lease;
  /** Calls that its handlers have taken. */
  readonly taken: number;
  /** Cuts every connection, and takes no more, without a word: as when its process was killed. */
  kill(): void;
  /** Leaves in order: tells the registry, finishes its calls, is gone. */
  stop(): Promise<void>;
}

export interface Fleet extends AsyncDisposable {
  readonly registry: Registry;
  readonly client: Client<typeof Echo>;
  /** Until the fleet is disposed, or the result is. */
  expect(): Promise<Grant>;
  /** A client for nodes of these versions. */
  clientOf(version: string): Client<typeof Echo>;
  /** `work` is done in each call of this node, before it answers. */
  start(id: string, work?: () => unknown, version?: string): Promise<TestNode>;
}

export async function openFleet(registry = createMemoryRegistry()): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const pool = stack.use(
    new ConnectionPool((address, signal) => openConnection(address, { signal })),
  );
  const cache = stack.use(openNodeCache({ registry }));
  const route = new RegistryRoute({ cache, pool });
  const owned = stack.move();
  return {
    registry,
    client: createClient(Echo, { route, deadlines: new DeadlineSweep() }),
    clientOf: (version) => createClient(Echo, { route, deadlines: new DeadlineSweep(), version }),
    expect: async () => owned.use(await registry.expect(echoName)),
    start: async (id, work, version) => owned.use(await startNode(registry, id, work, version)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startNode(
  registry: Registry,
  id: string,
  work: () => unknown = () => {},
  version = Echo.version,
): Promise<TestNode> {
  let taken = 0;
  async function answer() {
    taken += 1;
    await work();
    return { node: id };
  }
  await using stack = new AsyncDisposableStack();
  const rpc = await openEcho({
    ask: answer,
    act: answer,
    async *many() {
      yield await answer();
    },
    async gather(wheres) {
      const all = await Array.fromAsync(wheres);
      return { node: [...all.map(({ node }) => node), (await answer()).node].join(" ") };
    },
  });
  stack.defer(async () => void (await rpc.stop({ timeoutMs: 0 })));
  const proxy = stack.use(await openProxy(rpc.addresses[0] ?? ""));
  const lease = stack.use(
    await registry.register(
      {
        id,
        ...echoName,
        version,
        state: "ready",
        addresses: [proxy.address],
        contractDigest: Echo.digest,
        metadata: {},
      },
      { contract: Echo.descriptor },
    ),
  );
  const owned = stack.move();
  return {
    id,
    rpc,
    lease,
    get taken() {
      return taken;
    },
    kill: () => proxy.cut(),
    async stop() {
      await lease.update({ state: "draining" });
      await rpc.stop();
      await owned.disposeAsync();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function openEcho(handlers: Parameters<typeof service<typeof Echo>>[1]): Promise<RpcServer> {
  const log = createLogger({ write: () => {} });
  const client = () => assert.fail("this service calls nobody");
  return openRpcServer({
    services: [service(Echo, handlers)],
    listen: ["tcp://127.0.0.1:0"],
    context: () => ({ client, store: createMemoryStore().database("test"), log }),
    log,
  });
}

export interface Proxy extends AsyncDisposable {
  readonly address: string;
  /** Connections that came. */
  readonly connections: number;
  /** Cuts the connections and stops listening. */
  cut(): void;
  /** Cuts the connections; new ones are taken. */
  cutConnections(): void;
}

/** A way to a TCP address that can be cut. */
export async function openProxy(address: string): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const port = Number(new URL(address).port);
  let connections = 0;
  const server: Server = createServer((near) => {
    connections += 1;
    const far = connect({ port, host: "127.0.0.1" });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {}).on("close", () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // It listens on a port, not on a path.
  const { port: own } = server.address() as { port: number };
  function cutConnections(): void {
    for (const socket of sockets) socket.resetAndDestroy();
    sockets.clear();
  }
  function cut(): void {
    server.close();
    cutConnections();
  }
  return {
    address: `tcp://127.0.0.1:${own}`,
    get connections() {
      return connections;
    },
    cut,
    cutConnections,
    async [Symbol.asyncDispose]() {
      cut();
    },
  };
}
