/** A connection to a platform: its blocks, and clients of the services on it. */
import type { Registry } from "../blocks/registry/index.ts";
import { RegistryContract } from "../blocks/registry/contract.ts";
import { remoteRegistry } from "../blocks/registry/remote.ts";
import type { Runtime } from "../blocks/runtime/index.ts";
import { RuntimeContract } from "../blocks/runtime/contract.ts";
import { remoteRuntime } from "../blocks/runtime/remote.ts";
import type { Contract } from "../contract/contract.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { createAddressRoute } from "../rpc/address-route.ts";
import { type Client, createClient, type CreateClientOptions, type Route } from "../rpc/client.ts";
import { ConnectionPool } from "../rpc/connection-pool.ts";
import { type NodeCache, openNodeCache } from "../rpc/node-cache.ts";
import type { Balance } from "../rpc/policies/balance.ts";
import { RegistryRoute } from "../rpc/registry-route.ts";
import { openConnection } from "../rpc/wire/connect.ts";
import { stateFolder } from "./state-folder.ts";

/** The blocks are services of this namespace, and nothing else is. */
export const platformNamespace = "reef";

export interface NamedClientOptions extends Pick<CreateClientOptions, "use" | "defaults"> {
  /** @default the platform's */
  readonly namespace?: string;
  /** @default round robin */
  readonly balance?: Balance;
}

/** A connection to a running platform. Disposing it ends what was opened through it. */
export interface Platform extends AsyncDisposable {
  readonly registry: Registry;
  readonly runtime: Runtime;
  /** Address of its control socket. */
  readonly control: string;
  /** A client of a service by its name. It lives as long as this connection. */
  client<C extends Contract>(contract: C, options?: NamedClientOptions): Client<C>;
  /** The way to any service by its name, for clients that are made elsewhere. */
  route(balance?: Balance): Route;
}

export interface OpenPlatformOptions {
  /** Address of the control socket. @default that of the state folder */
  readonly control?: string | undefined;
  /** Folder of the platform. @default as `reef server` without `--state` */
  readonly state?: string | undefined;
  /** Of the clients made here. @default "default" */
  readonly namespace?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws {ReefError} `unavailable` when no platform answers */
export async function openPlatform(options: OpenPlatformOptions = {}): Promise<Platform> {
  const { control = stateFolder(options.state).control, namespace = "default", signal } = options;
  const deadlines = new DeadlineSweep();
  await using stack = new AsyncDisposableStack();
  const pool = stack.use(
    new ConnectionPool((address, closed) => openConnection(address, { namespace, signal: closed })),
  );
  await pool.open(control).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw notThere(control, cause);
  });
  const route = createAddressRoute(control, pool);
  const block = { route, deadlines, namespace: platformNamespace };
  const registry = remoteRegistry(createClient(RegistryContract, block));
  let cache: NodeCache | undefined;
  const owned = stack.move();
  function routeByName(balance?: Balance): Route {
    // Only who calls by name needs to know the nodes.
    cache ??= owned.use(openNodeCache({ registry }));
    return new RegistryRoute({ cache, pool, ...(balance && { balance }) });
  }

  return {
    registry,
    runtime: remoteRuntime(createClient(RuntimeContract, block)),
    control,
    client(contract, clientOptions = {}) {
      const { balance, ...rest } = clientOptions;
      return createClient(contract, { namespace, deadlines, ...rest, route: routeByName(balance) });
    },
    route: routeByName,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function notThere(control: string, cause: unknown): ReefError {
  const { message } = ReefError.from(cause);
  return new ReefError(
    "unavailable",
    `Cannot reach the platform: ${message}; start it with "reef server"`,
    {
      cause: new ReefError("unavailable", control, { cause }),
      maybeExecuted: false,
    },
  );
}
