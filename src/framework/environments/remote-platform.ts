/**
 * The platform of another environment, through its proxy: each call is one of gRPC and says whose it is. Nothing is
 * known of its nodes; the proxy finds them.
 */
import { AuthContract } from "../../blocks/auth/contract.ts";
import { remoteAuth } from "../../blocks/auth/remote.ts";
import { NamespacesContract } from "../../blocks/namespaces/contract.ts";
import { remoteNamespaces } from "../../blocks/namespaces/remote.ts";
import { RegistryContract } from "../../blocks/registry/contract.ts";
import { platformNamespace } from "../../blocks/registry/index.ts";
import { remoteRegistry } from "../../blocks/registry/remote.ts";
import { RuntimeContract } from "../../blocks/runtime/contract.ts";
import { remoteServices } from "../../blocks/runtime/remote.ts";
import { StoreContract } from "../../blocks/store/contract.ts";
import { remoteDatabase } from "../../blocks/store/remote.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { ReefError } from "../../core/errors.ts";
import type { CredentialSource } from "../../core/identity.ts";
import { peekCaller } from "../../core/peek-token.ts";
import { parseGrpcAddress } from "../../rpc/address.ts";
import { createAddressRoute } from "../../rpc/address-route.ts";
import { createClient } from "../../rpc/client.ts";
import { ConnectionPool } from "../../rpc/connection-pool.ts";
import { openGrpcTransport } from "../../rpc/grpc/client/grpc-transport.ts";
import type { Platform } from "../platform.ts";
import { bearerRoute } from "./bearer-route.ts";
import { type EnvironmentUrl, parseEnvironmentUrl } from "./environment-url.ts";
import type { NamedEnvironment } from "./environments.ts";

export interface RemotePlatformOptions {
  readonly environment: NamedEnvironment;
  /** Where its calls act. */
  readonly namespace: string;
  /** Who calls. @default nobody known */
  readonly credentials?: CredentialSource | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws {ReefError} `unavailable` when nobody answers there; the reason of `signal` when that fires first */
export async function openRemotePlatform(options: RemotePlatformOptions): Promise<Platform> {
  const { environment, namespace, credentials, signal } = options;
  const place = parseEnvironmentUrl(environment.url, { insecure: environment.insecure ?? false });
  await using stack = new AsyncDisposableStack();
  const pool = stack.use(openPool(environment, place));
  await reach(pool, { environment, place, signal });
  const owned = stack.move();
  const unreachable = (cause: ReefError) => notThere(environment, cause);
  const route = bearerRoute(createAddressRoute(place.address, pool, { unreachable }), credentials);
  const deadlines = new DeadlineSweep();
  const block = { route, deadlines, namespace };
  return {
    registry: remoteRegistry(createClient(RegistryContract, block)),
    runtime: remoteServices(createClient(RuntimeContract, block)),
    auth: remoteAuth(() => createClient(AuthContract, block)).realm(namespace),
    namespace,
    namespaces: remoteNamespaces(createClient(NamespacesContract, block)),
    store: remoteDatabase(createClient(StoreContract, block)),
    control: environment.url,
    client: (contract, { use, defaults, version, namespace: other = namespace } = {}) =>
      createClient(contract, {
        ...(version !== undefined && { version }),
        ...(use && { use }),
        ...(defaults && { defaults }),
        // Blocks act where their caller does: nobody who comes from outside is of the platform's own namespace.
        namespace: other === platformNamespace ? namespace : other,
        deadlines,
        route,
      }),
    route: () => route,
    namespaceCache: () => refuseToServe(environment),
    doorkeeper: () => refuseToServe(environment),
    watchAuth: (wait) => remoteAuth(() => createClient(AuthContract, block)).watch(wait),
    self: () => peekCaller(credentials),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function refuseToServe({ name }: NamedEnvironment): never {
  const rule = "its services are on other machines";
  const text = `Cannot serve at the environment "${name}" from here: ${rule}; start the service there`;
  throw new ReefError("unimplemented", text, { maybeExecuted: false });
}

function openPool({ ca }: NamedEnvironment, { address }: EnvironmentUrl): ConnectionPool {
  const parsed = parseGrpcAddress(address);
  if (!parsed) throw new ReefError("internal", `Cannot connect to ${address}: it is not gRPC`);
  return new ConnectionPool((_address, signal) =>
    // JSON, because contracts need no numbers for it.
    openGrpcTransport(parsed, { codec: "json", ca, namespaces: true, signal }),
  );
}

async function reach(
  pool: ConnectionPool,
  {
    environment,
    place,
    signal,
  }: Pick<RemotePlatformOptions, "environment" | "signal"> & { readonly place: EnvironmentUrl },
): Promise<void> {
  signal?.throwIfAborted();
  const onAbort = () => void pool[Symbol.asyncDispose]();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await pool.open(place.address);
  } catch (cause) {
    signal?.throwIfAborted();
    throw notThere(environment, cause);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

const otherUrl = `add it again with the URL that "reef status" shows there as that of the proxy`;

/** What is wrong most often, and what to do about it. */
const slips: readonly (readonly [sign: RegExp, next: string])[] = [
  [/certificate/i, "add it again with --ca FILE, the certificates of who vouches for it"],
  // The port of the gateway, or TLS where the URL says http.
  [/does not speak HTTP\/2/, otherUrl],
  // https where it is in clear.
  [/secure TLS connection|wrong version number|EPROTO/, otherUrl],
  [/ENOTFOUND/, otherUrl],
];

function notThere({ name, url }: NamedEnvironment, cause: unknown): ReefError {
  const { message } = ReefError.from(cause);
  // The address is in the text already, as people write it.
  const reason = message.replace(/^Cannot connect to \S+: /, "");
  const [first = reason] = reason.split("; ", 1);
  const next = slips.find(([sign]) => sign.test(reason))?.[1];
  const rule = next === undefined ? reason : `${first}; ${next}`;
  return new ReefError("unavailable", `Cannot reach the environment "${name}" at ${url}: ${rule}`, {
    cause,
    maybeExecuted: false,
  });
}
