/**
 * Both entrances before blocks and one service, with accounts of every kind; its auth is cheap, its time stands still.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Records } from "../../src/blocks/auth/drivers/store/records.ts";
import { Seal } from "../../src/blocks/auth/drivers/store/sealed-key.ts";
import { SigningKeys } from "../../src/blocks/auth/drivers/store/signing-keys.ts";
import { cheapHash } from "../../src/blocks/auth/drivers/store/test-auth.ts";
import { createStoreAuth } from "../../src/blocks/auth/drivers/store.ts";
import type { Auth, Realm } from "../../src/blocks/auth/index.ts";
import { authService } from "../../src/blocks/auth/service.ts";
import { createMemoryRegistry } from "../../src/blocks/registry/drivers/memory.ts";
import { registryService } from "../../src/blocks/registry/service.ts";
import { createMemoryStore } from "../../src/blocks/store/drivers/memory.ts";
import type { Store } from "../../src/blocks/store/index.ts";
import { storeService } from "../../src/blocks/store/service.ts";
import type { Clock } from "../../src/core/clock.ts";
import { DeadlineSweep } from "../../src/core/deadline.ts";
import { createLogger } from "../../src/core/log.ts";
import { openGateway } from "../../src/edges/gateway/gateway.ts";
import { registerNode } from "../../src/edges/proxy/fixtures/open-fixture.ts";
import type { Connect } from "../../src/edges/proxy/proxied-service.ts";
import { openProxy } from "../../src/edges/proxy/proxy.ts";
import { createClient } from "../../src/rpc/client.ts";
import { ConnectionPool } from "../../src/rpc/connection-pool.ts";
import { Doorkeeper } from "../../src/rpc/doorkeeper.ts";
import type { WrongLimits } from "../../src/rpc/doorkeeper/wrong-tokens.ts";
import { openNodeCache } from "../../src/rpc/node-cache.ts";
import { openTransport } from "../../src/rpc/open-transport.ts";
import { Passes } from "../../src/rpc/passes.ts";
import { RegistryRoute } from "../../src/rpc/registry-route.ts";
import { openRpcServer, type RpcServerOptions } from "../../src/rpc/server.ts";
import type { Service } from "../../src/rpc/service.ts";
import { beginRealm } from "../../src/server/first-owner.ts";
import { edgeAuth } from "../../src/server/parts/open-doorkeeper.ts";
import { openBlockDoors } from "../../src/server/parts/open-block-doors.ts";
import { createManualClock } from "../../src/testing/manual-clock.ts";
import { createVault, lobby } from "./vault.ts";

export type Doors = Awaited<ReturnType<typeof openDoors>>;

export const secret = "a long enough secret";

/** Ann may nothing of the blocks, the others everything in their own namespace; `keeper` by a rule, no owner. */
export const people = {
  owner: { id: "user:owner", namespace: "default" },
  keeper: { id: "user:keeper", namespace: "default" },
  ann: { id: "user:ann", namespace: "default" },
  tenant: { id: "user:owner", namespace: "acme" },
} as const;

export type Person = keyof typeof people;

const issuer = "reef:doors";
const sealKey = Buffer.alloc(32, 7);
const listen = ["tcp://127.0.0.1:0"];
const log = createLogger({ write: () => {} });

export interface DoorsOptions {
  /** Of secrets. @default one that tests can wait for */
  readonly hashCost?: typeof cheapHash;
  /** Beside those that are always there. */
  readonly services?: readonly Service[];
  /** What wrong tokens may cost. @default as much as they like: one connection tries thousands */
  readonly wrong?: Partial<WrongLimits>;
}

const unlimited = { toldAtOnce: 1e9, toldPerSecond: 1e9, bornePerConnection: 1e9 };

export async function openDoors(options: DoorsOptions = {}) {
  const { hashCost = cheapHash, services = [], wrong = unlimited } = options;
  await using stack = new AsyncDisposableStack();
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const store = createMemoryStore({ clock });
  const table = store.database("reef").table("auth");
  const stored = createStoreAuth({ table, clock, issuer, sealKey, hashCost });
  const exchanged = new Set<string>();
  const auth: Auth = {
    ...stored,
    exchange(token, ...rest) {
      exchanged.add(token);
      return stored.exchange(token, ...rest);
    },
  };
  const marks = store.database("reef").table("realms");
  for (const namespace of ["default", "acme"]) {
    await beginRealm(auth.realm(namespace), { namespace, marks, secret: async () => secret });
  }
  await openSome(auth.realm("default"));
  await store.database("default").table("t").put("hi", "there");
  const doorkeeper = stack.use(new Doorkeeper({ auth, audience: "gateway", wrong, clock }));
  await doorkeeper.present;
  let calls = 0;
  const behind = await openBehind(stack, {
    auth,
    store,
    clock,
    doorkeeper,
    services,
    count: () => void (calls += 1),
  });
  const edge = { ...behind.edge, doorkeeper, listen: { port: 0 }, log };
  const gateway = stack.use(await openGateway(edge));
  const proxy = stack.use(await openProxy(edge));
  const owned = stack.move();
  return {
    auth,
    store,
    issuer,
    nowMs: clock.wallMs(),
    clock,
    /** Every token that was given for another one. */
    exchanged: exchanged as ReadonlySet<string>,
    /** Tokens are checked again that were too many. */
    passSecond: () => clock.advance(1_000),
    /** What its tokens are signed with. */
    signingKey: () => {
      const records = new Records(table);
      const keys = { records, seal: new Seal(sealKey), clock, periodMs: Infinity };
      return new SigningKeys(keys).current();
    },
    gateway,
    proxy,
    ports: behind.ports,
    /** How often the service was called. */
    calls: () => calls,
    tokenOf: async (person: Person) => {
      const { id, namespace } = people[person];
      return (await auth.realm(namespace).login(id, secret)).accessToken;
    },
    /** Nobody known may call services any more. */
    async closeServices() {
      const resource = { type: "service", name: "vault", endpoint: "open" };
      const closed = new Promise<unknown>((resolve) => {
        doorkeeper.hold(undefined, { namespace: "default", resource }, resolve);
      });
      await auth.realm("default").deleteRule("anonymous");
      await closed;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface BehindOptions {
  readonly auth: Auth;
  readonly store: Store;
  readonly clock: Clock;
  readonly doorkeeper: Doorkeeper;
  readonly services: readonly Service[];
  /** Somebody got through to the service. */
  readonly count: () => void;
}

/** What the entrances lead to. */
async function openBehind(stack: AsyncDisposableStack, options: BehindOptions) {
  const { auth, store, clock, doorkeeper, services, count } = options;
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  stack.defer(() => rm(folder, { recursive: true }));
  const registry = createMemoryRegistry();
  const control = `unix:${join(folder, "control.sock")}`;
  const nobody = () => assert.fail("these services call nobody");
  const quiet = { context: () => ({ client: nobody, store: store.database("vault"), log }), log };
  async function serve(services: readonly Service[], more: Partial<RpcServerOptions>) {
    const server = stack.use(await openRpcServer({ ...quiet, listen, services, ...more }));
    return server.addresses;
  }
  const blocks = [authService(auth), registryService(registry), storeService(store)];
  await serve(blocks, { listen: [control], namespace: "reef", namespaces: "any" });
  const vault = createVault(count);
  const addresses = await serve([vault, lobby, ...services], {});
  stack.use(await registerNode(registry, "vault-1", vault, addresses));
  stack.use(await registerNode(registry, "lobby-1", lobby, addresses));
  for (const each of services) {
    // oxlint-disable-next-line no-await-in-loop -- there is one at most
    stack.use(await registerNode(registry, `${each.contract.name}-1`, each, addresses));
  }
  const guarded = { doorkeeper, resourceType: "block", namespaces: "any" } as const;
  const [service = ""] = await serve([createVault(count)], { doorkeeper });
  const [block = ""] = await serve([storeService(store)], guarded);
  const pool = stack.use(new ConnectionPool((to, signal) => openTransport(to, { signal })));
  const route = new RegistryRoute({ cache: stack.use(openNodeCache({ registry })), pool });
  const deadlines = new DeadlineSweep();
  const passes = stack.use(new Passes({ auth: edgeAuth(auth), clock }));
  const connect: Connect = (contract, { namespace }) =>
    createClient(contract, { route, deadlines, namespace });
  return {
    edge: { registry, blocks: openBlockDoors({ control, passes }, stack), connect },
    /** The ports of a service and of a block themselves, where their own doorkeeper stands. */
    ports: { service, block },
  };
}

/** The store to keepers, the lobby to everybody. */
async function openSome(realm: Realm): Promise<void> {
  const granted = { access: "granted", priority: 0 } as const;
  const store = { type: "block", name: "store", endpoint: "*" };
  const open = { type: "service", name: "lobby", endpoint: "*" };
  await realm.putRule({ id: "keepers", scope: "keeper", resource: store, ...granted });
  await realm.putRule({ id: "lobby", scope: "", resource: open, ...granted });
  await realm.createAccount({ id: people.keeper.id, scopes: ["keeper"], secret });
  await realm.createAccount({ id: people.ann.id, secret });
}
