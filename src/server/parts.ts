/** The parts of a platform as children of its supervisor: what each opens, and what it needs to be there before. */
import assert from "node:assert/strict";
import { join } from "node:path";

import { type Node, platformNamespace, type Registry } from "../blocks/registry/index.ts";
import { registryService } from "../blocks/registry/service.ts";
import { runtimeService } from "../blocks/runtime/service.ts";
import type { ProcessRuntime } from "../blocks/runtime/drivers/process.ts";
import type { Store } from "../blocks/store/index.ts";
import { storeService } from "../blocks/store/service.ts";
import { systemClock } from "../core/clock.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Gateway } from "../edges/gateway/gateway.ts";
import type { StateFolder } from "../framework/state-folder.ts";
import { createClient } from "../rpc/client.ts";
import { ConnectionPool } from "../rpc/connection-pool.ts";
import { openNodeCache } from "../rpc/node-cache.ts";
import { RegistryRoute } from "../rpc/registry-route.ts";
import { openRpcServer } from "../rpc/server.ts";
import type { Service } from "../rpc/service.ts";
import { openConnection } from "../rpc/wire/connect.ts";
import type { ChildContext, ChildSpec } from "../supervisor/child.ts";
import type { ChildState } from "../supervisor/events.ts";
import { ProcessGroups } from "../supervisor/process-groups.ts";
import { openRegistry, openRuntime, openStore } from "./drivers.ts";
import { platformService } from "./platform-service.ts";
import { portOwner } from "./port-owner.ts";
import type { Profile } from "./profile.ts";
import { reefVersion } from "./version.ts";

export interface PartsOptions {
  readonly state: StateFolder;
  readonly host: string;
  readonly port: number;
  readonly profile: Profile;
  readonly log: Logger;
  /** The children of the supervisor, for the platform's own status. */
  readonly list: () => Promise<readonly ChildState[]>;
}

export interface Parts {
  readonly children: readonly ChildSpec[];
  readonly groups: ProcessGroups;
  /** Where HTTP is answered, while it is. */
  gateway(): string | undefined;
  /** Rejects with what made a part fail before `started` was called; never resolves. */
  readonly firstFailure: Promise<never>;
  /** From now on a part that fails is started again and nothing more. */
  started(): void;
}

export async function createParts(options: PartsOptions): Promise<Parts> {
  const { state, host, port, profile, log, list } = options;
  const groups = new ProcessGroups();
  const registry = await openRegistry(profile);
  const runtime = await openRuntime(profile, {
    registry,
    log: log.with({ block: "runtime" }),
    platform: state.control,
    socketsFolder: state.sockets,
    logsFolder: state.logs,
    cacheFolder: join(state.path, "cache"),
    groups,
  });
  let store: Store | undefined;
  let gateway: Gateway | undefined;
  const startedAt = new Date();
  const services = [
    registryService(registry),
    runtimeService(runtime),
    platformService({
      state,
      profile,
      list,
      startedAt,
      store: () => store,
      gateway: () => gateway?.url,
    }),
  ];
  const failed = Promise.withResolvers<never>();
  let starting = true;
  // Whoever starts the platform races with it; afterwards nobody does.
  failed.promise.catch(() => {});

  function part(
    name: string,
    dependsOn: readonly string[],
    open: () => Promise<AsyncDisposable>,
  ): ChildSpec {
    async function run({ signal, ready }: ChildContext): Promise<void> {
      try {
        await using opened = await open();
        void opened;
        ready();
        await fired(signal);
      } catch (error) {
        if (starting) failed.reject(error);
        throw error;
      }
    }
    return { name, dependsOn, run };
  }

  return {
    groups,
    children: [
      part("store", [], async () => {
        const opened = await openStore(profile, state.store);
        store = opened;
        return opened;
      }),
      part("control", ["store"], () => {
        assert(store, "control depends on the store");
        return openControl({ state, services, store, registry, log });
      }),
      part("runtime", ["control"], async () => closing(runtime)),
      part("gateway", ["control"], async () => {
        gateway = await openHttp({ registry, host, port, log });
        return gateway;
      }),
    ],
    gateway: () => gateway?.url,
    firstFailure: failed.promise,
    started() {
      starting = false;
    },
  };
}

/** The blocks on the control socket, listed in the registry like any other service. */
async function openControl(options: {
  readonly state: StateFolder;
  readonly services: readonly Service[];
  readonly store: Store;
  readonly registry: Registry;
  readonly log: Logger;
}): Promise<AsyncDisposable> {
  const { state, store, registry, log } = options;
  const services = [...options.services, storeService(store)];
  await using stack = new AsyncDisposableStack();
  const server = stack.use(
    await openRpcServer({
      services,
      listen: [state.control],
      namespace: platformNamespace,
      namespaces: "any",
      context: () => ({
        client: needsNobody,
        store: store.database(platformNamespace),
        log,
      }),
      log,
    }),
  );
  for (const { contract } of services) {
    const node: Node = {
      id: `${contract.name}-${process.pid}`,
      namespace: platformNamespace,
      service: contract.name,
      version: contract.version,
      state: "ready",
      addresses: server.addresses,
      contractDigest: contract.digest,
      metadata: { pid: String(process.pid) },
    };
    stack.use(await registry.register(node, { contract: contract.descriptor }));
  }
  return stack.move();
}

/** The front door, with clients that find services in the registry of this process. */
async function openHttp(options: {
  readonly registry: Registry;
  readonly host: string;
  readonly port: number;
  readonly log: Logger;
}): Promise<Gateway> {
  const { registry, host, port, log } = options;
  const { openGateway } = await import("../edges/gateway/gateway.ts");
  await using stack = new AsyncDisposableStack();
  const pool = stack.use(
    new ConnectionPool((address, signal) => openConnection(address, { signal })),
  );
  const cache = stack.use(openNodeCache({ registry }));
  const route = new RegistryRoute({ cache, pool });
  const deadlines = new DeadlineSweep();
  const gateway = stack.use(
    await openGateway({
      registry,
      connect: (contract, { namespace }) => createClient(contract, { route, deadlines, namespace }),
      listen: { host, port },
      version: reefVersion,
      log: log.with({ edge: "gateway" }),
      clock: systemClock,
    }).catch((error: unknown) => ownerNamed(error, port)),
  );
  const owned = stack.move();
  return {
    url: gateway.url,
    port: gateway.port,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Whoever has the port is named: that is what a person looks for next. */
async function ownerNamed(error: unknown, port: number): Promise<never> {
  const refusal = ReefError.from(error);
  const owner = refusal.code === "already_exists" ? await portOwner(port) : undefined;
  if (owner === undefined) throw error;
  throw new ReefError(
    "already_exists",
    `Cannot listen on port ${port}: ${owner} has it; stop that, or choose another one with --port`,
    { cause: error, maybeExecuted: false },
  );
}

function closing(runtime: ProcessRuntime): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      const { unstopped } = await runtime.close();
      if (unstopped.length === 0) return;
      const names = unstopped.map(({ child }) => child).join(", ");
      throw new ReefError(
        "deadline_exceeded",
        `Cannot stop ${names}: still running after the time for it`,
      );
    },
  };
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function needsNobody(): never {
  throw new ReefError("internal", "The blocks call nobody");
}
