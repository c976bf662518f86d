import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryRegistry } from "../../blocks/registry/drivers/memory.ts";
import type { Registry } from "../../blocks/registry/index.ts";
import { createMemoryStore } from "../../blocks/store/drivers/memory.ts";
import { t } from "../../contract/builder.ts";
import { contract } from "../../contract/contract.ts";
import { method } from "../../contract/method.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { createLogger } from "../../core/log.ts";
import { createClient } from "../../rpc/client.ts";
import { ConnectionPool } from "../../rpc/connection-pool.ts";
import { openNodeCache } from "../../rpc/node-cache.ts";
import { RegistryRoute } from "../../rpc/registry-route.ts";
import { openRpcServer } from "../../rpc/server.ts";
import { type Service, service } from "../../rpc/service.ts";
import { openConnection } from "../../rpc/wire/connect.ts";
import { openGateway } from "./gateway.ts";

const quiet = createLogger({ write: () => {} });

/** A service that says which version it is. */
function greeterOf(version: string): Service {
  const Greeter = contract(
    "greeter",
    {
      hello: method({
        output: t.object({ version: t.string() }),
        http: "GET /hello",
        idempotent: true,
      }),
    },
    { version },
  );
  return service(Greeter, { hello: () => ({ version }) });
}

/** The service on a node of its own, listed until it is disposed. */
async function openNode(registry: Registry, greeter: Service): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(
    await openRpcServer({
      services: [greeter],
      listen: ["tcp://127.0.0.1:0"],
      context: () => ({
        client: () => assert.fail("it calls nobody"),
        store: createMemoryStore().database("test"),
        log: quiet,
      }),
      log: quiet,
    }),
  );
  const { name, version, digest, descriptor } = greeter.contract;
  const node = { namespace: "default", service: name, version, state: "ready" } as const;
  stack.use(
    await registry.register(
      {
        id: `${name}-${version}`,
        ...node,
        addresses: server.addresses,
        contractDigest: digest,
        metadata: {},
      },
      { contract: descriptor },
    ),
  );
  return stack.move();
}

test("two versions side by side are called by their paths, and each by its own", async () => {
  await using stack = new AsyncDisposableStack();
  const registry = createMemoryRegistry();
  stack.use(await openNode(registry, greeterOf("1.4.0")));
  stack.use(await openNode(registry, greeterOf("2.0.0")));
  stack.use(await openNode(registry, greeterOf("2.1.0")));
  const cache = stack.use(openNodeCache({ registry }));
  const pool = stack.use(new ConnectionPool((address) => openConnection(address)));
  const route = new RegistryRoute({ cache, pool });
  const deadlines = new DeadlineSweep();
  const gateway = stack.use(
    await openGateway({
      registry,
      connect: (made, { namespace }) => createClient(made, { route, deadlines, namespace }),
      listen: { port: 0 },
      log: quiet,
    }),
  );
  const seen = async (path: string): Promise<ReadonlySet<unknown>> => {
    const versions = new Set<unknown>();
    for (let call = 0; call < 10; call += 1) {
      const response = await fetch(gateway.url + path);
      versions.add(((await response.json()) as { version?: unknown }).version);
    }
    return versions;
  };
  assert.deepEqual(await seen("/greeter/hello"), new Set(["1.4.0"]));
  assert.deepEqual(await seen("/v1/greeter/hello"), new Set(["1.4.0"]));
  assert.deepEqual(await seen("/v2/greeter/hello"), new Set(["2.0.0", "2.1.0"]));
  const missing = await fetch(`${gateway.url}/v3/greeter/hello`);
  assert.equal(missing.status, 404);
  assert.match(await missing.text(), /there is \/v1\/greeter, \/v2\/greeter/);
});
