/** A connection to a platform: its blocks, and clients of the services on it. */
import { dirname } from "node:path";
import { AuthContract } from "../blocks/auth/contract.ts";
import type { Realm, WaitOptions } from "../blocks/auth/index.ts";
import { remoteAuth } from "../blocks/auth/remote.ts";
import { NamespacesContract } from "../blocks/namespaces/contract.ts";
import type { Namespaces } from "../blocks/namespaces/index.ts";
import { remoteNamespaces } from "../blocks/namespaces/remote.ts";
import { platformNamespace, type Registry } from "../blocks/registry/index.ts";
import { RegistryContract } from "../blocks/registry/contract.ts";
import { remoteRegistry } from "../blocks/registry/remote.ts";
import type { Services } from "../blocks/runtime/index.ts";
import { RuntimeContract } from "../blocks/runtime/contract.ts";
import { remoteServices } from "../blocks/runtime/remote.ts";
import { StoreContract } from "../blocks/store/contract.ts";
import type { Database } from "../blocks/store/index.ts";
import { remoteDatabase } from "../blocks/store/remote.ts";
import type { Contract } from "../contract/contract.ts";
import { isReservedName } from "../contract/reserved-names.ts";
import { isForOneOf } from "../core/audience.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import type { AuthEvent, Caller, CredentialSource } from "../core/identity.ts";
import { peekCaller } from "../core/peek-token.ts";
import { createAddressRoute } from "../rpc/address-route.ts";
import { type Client, createClient, type CreateClientOptions, type Route } from "../rpc/client.ts";
import { ConnectionPool } from "../rpc/connection-pool.ts";
import { Doorkeeper, type DoorkeeperOptions, serviceAwayMaxMs } from "../rpc/doorkeeper.ts";
import { NamespaceCache } from "../rpc/namespace-cache.ts";
import { type NodeCache, openNodeCache } from "../rpc/node-cache.ts";
import type { Balance } from "../rpc/policies/balance.ts";
import { Passes } from "../rpc/passes.ts";
import { openTransport } from "../rpc/open-transport.ts";
import { RegistryRoute } from "../rpc/registry-route.ts";
import { openConnection } from "../rpc/wire/connect.ts";
import { ownCredentials } from "./own-credentials.ts";
import { refuseForeignFolder } from "./refuse-foreign-folder.ts";
import { isShared, stateFolder } from "./state-folder.ts";

export interface NamedClientOptions extends Pick<
  CreateClientOptions,
  "use" | "defaults" | "version"
> {
  /** @default the platform's */
  readonly namespace?: string;
  /** @default round robin */
  readonly balance?: Balance;
}

/** A connection to a running platform. Disposing it ends what was opened through it. */
export interface Platform extends AsyncDisposable {
  readonly registry: Registry;
  /** The services that run in the namespace of this connection. */
  readonly runtime: Services;
  /** The accounts and rules of the namespace of this connection. */
  readonly auth: Realm;
  /** That of this connection. */
  readonly namespace: string;
  /** Which namespaces there are. */
  readonly namespaces: Namespaces;
  /** What is kept in the namespace of this connection. */
  readonly store: Database;
  /** Address of its control socket. */
  readonly control: string;
  /** What is known here of namespaces, from when it is first asked for. */
  namespaceCache(): NamespaceCache;
  /** A client of a service by its name. It lives as long as this connection. */
  client<C extends Contract>(contract: C, options?: NamedClientOptions): Client<C>;
  /** The way to any service by its name, for clients that are made elsewhere. */
  route(balance?: Balance): Route;
  /** Says who may call services of these names, as long as this connection lives. */
  doorkeeper(
    services: readonly string[],
    options?: Pick<DoorkeeperOptions, "withoutRules" | "log">,
  ): Doorkeeper;
  /** Who this program is on the platform. */
  self(): Promise<Caller>;
  /** What `watch` of auth says, on a way that keeps no process alive. */
  watchAuth(options?: WaitOptions): AsyncIterable<AuthEvent>;
}

export interface OpenPlatformOptions {
  /** Address of the control socket. @default that of the state folder */
  readonly control?: string | undefined;
  /** Folder of the platform. @default as `reef server` without `--state` */
  readonly state?: string | undefined;
  /** Of the clients made here, of the store and of the runtime. @default "default" */
  readonly namespace?: string | undefined;
  /** Who this program is. @default what the platform gave it, else the owner, if it may read the file that says so */
  readonly credentials?: CredentialSource | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects to a platform. Being connected does not keep the process alive; calls under way do.
 * @throws {ReefError} `unavailable` when no platform answers, `unauthenticated` when that does not take the token;
 *   the reason of `signal` when that fires first
 */
export async function openPlatform(options: OpenPlatformOptions = {}): Promise<Platform> {
  const { control = stateFolder(options.state).control, namespace = "default" } = options;
  const { signal } = options;
  await using stack = new AsyncDisposableStack();
  const { credentials = stack.use(ownCredentials({ control, state: options.state })) } = options;
  // Only the platform may see the token itself; others see what is good for them alone.
  const shown = (address: string) => (address === control ? { credentials } : {});
  const pool = stack.use(
    new ConnectionPool((address, closed) =>
      openTransport(address, { namespace, signal: closed, ...shown(address) }),
    ),
  );
  await reach(control, pool, signal);
  const deadlines = new DeadlineSweep();
  const block = {
    route: createAddressRoute(control, pool),
    deadlines,
    namespace: platformNamespace,
  };
  // What is asked once for all is asked in the namespace of this connection.
  const authClient = createClient(AuthContract, { ...block, namespace });
  const auth = remoteAuth(() => authClient);
  const passes = stack.use(new Passes({ auth, credentials }));
  const owned = stack.move();
  let cache: NodeCache | undefined;
  let names: NamespaceCache | undefined;
  // What is watched without an end, on a connection of its own that keeps no process alive.
  let watched: ReturnType<typeof watchedBlocks> | undefined;

  function route(balance?: Balance): Route {
    if (owned.disposed) throw alreadyClosed(control);
    // Only who calls by name needs to know the nodes.
    cache ??= owned.use(openNodeCache({ registry: watching().registry, bases: namespaceCache() }));
    return new RegistryRoute({ cache, pool, passes, ...(balance && { balance }) });
  }
  function watching() {
    return (watched ??= watchedBlocks({ control, credentials, namespace, owned }));
  }
  function namespaceCache(): NamespaceCache {
    if (names) return names;
    names = new NamespaceCache();
    owned.use(names.follow(watching().namespaces));
    return names;
  }
  return {
    registry: remoteRegistry(createClient(RegistryContract, block)),
    runtime: remoteServices(createClient(RuntimeContract, { ...block, namespace })),
    auth: auth.realm(namespace),
    namespace,
    namespaces: remoteNamespaces(createClient(NamespacesContract, block)),
    store: remoteDatabase(createClient(StoreContract, { ...block, namespace })),
    control,
    namespaceCache,
    client: (contract, { balance, use, defaults, version, namespace: other = namespace } = {}) =>
      createClient(contract, {
        ...(version !== undefined && { version }),
        ...(use && { use }),
        ...(defaults && { defaults }),
        namespace: other,
        deadlines,
        // The platform's own are there, and are found while the registry is not.
        route:
          other === platformNamespace || isReservedName(contract.name)
            ? block.route
            : route(balance),
      }),
    route,
    doorkeeper(services, options) {
      const names = new Set(services);
      const audience = (name: string) => isForOneOf(names, name);
      const { auth: watchedAuth } = watching();
      return owned.use(
        new Doorkeeper({
          ...options,
          auth: watchedAuth,
          audience,
          awayMaxMs: serviceAwayMaxMs,
          // Who reports is who calls.
          audit: { namespace, tell: (name, ...told) => watchedAuth.realm(name).report(...told) },
        }),
      );
    },
    self: () => peekCaller(credentials),
    watchAuth: (wait) => watching().auth.watch(wait),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function reach(
  control: string,
  pool: ConnectionPool,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sockets = dirname(control.replace("unix:", ""));
  if (isShared(sockets)) await refuseForeignFolder(sockets);
  signal?.throwIfAborted();
  const onAbort = () => void pool[Symbol.asyncDispose]();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await pool.open(control);
  } catch (cause) {
    signal?.throwIfAborted();
    if (ReefError.from(cause).code === "unauthenticated") throw cause;
    throw notThere(control, cause);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

interface Watching {
  readonly control: string;
  readonly credentials: CredentialSource;
  readonly namespace: string;
  readonly owned: AsyncDisposableStack;
}

function watchedBlocks({ control, credentials, namespace, owned }: Watching) {
  const background = owned.use(
    new ConnectionPool((address, signal) =>
      openConnection(address, { signal, background: true, credentials }),
    ),
  );
  const block = {
    route: createAddressRoute(control, background),
    deadlines: new DeadlineSweep(),
    namespace: platformNamespace,
  };
  const auth = createClient(AuthContract, { ...block, namespace });
  return {
    registry: remoteRegistry(createClient(RegistryContract, block)),
    namespaces: remoteNamespaces(createClient(NamespacesContract, block)),
    auth: remoteAuth(() => auth),
  };
}

function alreadyClosed(control: string): ReefError {
  return new ReefError(
    "failed_precondition",
    `Cannot call through the platform at ${control}: this connection was closed; open another`,
    { maybeExecuted: false },
  );
}

function notThere(control: string, cause: unknown): ReefError {
  const { message } = ReefError.from(cause);
  if (isForbidden(cause)) {
    const rule = `${control} is for another user of this machine alone`;
    const next = '"reef env add NAME http://127.0.0.1:8081" names its proxy, where you log in';
    const text = `Cannot reach the platform: ${rule}; ${next}`;
    return new ReefError("permission_denied", text, { cause, maybeExecuted: false });
  }
  return new ReefError(
    "unavailable",
    `Cannot reach the platform: ${message}; start it with "reef server"`,
    {
      cause: new ReefError("unavailable", control, { cause }),
      maybeExecuted: false,
    },
  );
}

/** The folder of a platform lets in its user alone. */
function isForbidden(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ("code" in error && error.code === "EACCES") return true;
  }
  return false;
}
