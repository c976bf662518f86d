/** Clients for programs: of a service by name, at an address, or in this process. */
import type { Contract } from "../contract/contract.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { createLogger } from "../core/log.ts";
import { createAddressRoute } from "../rpc/address-route.ts";
import { type Client, createClient } from "../rpc/client.ts";
import { ConnectionPool } from "../rpc/connection-pool.ts";
import { openTransport } from "../rpc/open-transport.ts";
import { openRpcServer } from "../rpc/server.ts";
import type { Service, ServiceContext } from "../rpc/service.ts";
import { readEnvironment } from "./environment.ts";
import { joinPlatform } from "./join.ts";
import { LazyRoute } from "./lazy-route.ts";
import { createNoStore } from "./no-store.ts";
import type { NamedClientOptions, Platform } from "./platform.ts";

/** Where a client finds its service, and what it does with every call. */
export interface ClientOptions extends NamedClientOptions {
  /**
   * Where the service listens: `tcp://127.0.0.1:7000`, `http://127.0.0.1:8000`, or a server of gRPC,
   * `grpc://127.0.0.1:50051` or `grpcs://`. @default found by its name on the platform
   */
  readonly address?: string;
  /** Authorities that vouch for a server at `grpcs://`, in PEM. @default those that Node knows */
  readonly ca?: string;
  /** The platform to look on. @default `REEF_PLATFORM`, else the one of this machine */
  readonly platform?: Platform;
  /** For a service in this process: what its factory gets besides clients. */
  readonly context?: Partial<ServiceContext>;
}

/**
 * A client of a contract, or of a service value in this process: the same validation and copies, no server, for tests.
 *
 * Making it does nothing; it connects when it is first called, and again after a loss. A call fails with `unavailable`
 * when no platform or nobody at the address answers, and with `not_found` when the platform knows no such service; one
 * that is known to come back is waited for, within the call's time. A client that is idle does not keep its process
 * alive. Disposing it cancels its calls and closes what it opened, with the clients that the service's factory asked
 * for.
 *
 * @example
 * import { client, contract, method, service, t } from "reef";
 *
 * const Greeter = contract("greeter", {
 *   hello: method({ input: t.object({ name: t.string() }), output: t.object({ text: t.string() }) }),
 * });
 * const greeter = service(Greeter, { hello: ({ name }) => ({ text: `Hello ${name}` }) });
 *
 * await using greeterClient = client(greeter);
 * console.log((await greeterClient.hello({ name: "Ann" })).text); // -> Hello Ann
 */
export function client<C extends Contract>(
  target: C | Service<C>,
  options: ClientOptions = {},
): Client<C> {
  if ("create" in target) return inProcess(target, options);
  const { address, platform } = options;
  if (address !== undefined) return atAddress(target, address, options);
  return platform ? platform.client(target, options) : byName(target, options);
}

function atAddress<C extends Contract>(
  contract: C,
  address: string,
  options: ClientOptions,
): Client<C> {
  const { namespace = "default", ca } = options;
  const pool = new ConnectionPool((to, signal) => openTransport(to, { namespace, ca, signal }));
  return createClient(contract, {
    ...callOptions(options),
    route: createAddressRoute(address, pool),
    deadlines: new DeadlineSweep(),
    namespace,
    close: () => pool[Symbol.asyncDispose](),
  });
}

function byName<C extends Contract>(contract: C, options: NamedClientOptions): Client<C> {
  const env = readEnvironment();
  const route = new LazyRoute(async () => {
    const platform = await joinPlatform({ env });
    if (!platform) throw noPlatform(contract.name, env.test);
    return {
      route: platform.route(options.balance),
      [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
    };
  });
  return createClient(contract, {
    ...callOptions(options),
    route,
    deadlines: new DeadlineSweep(),
    namespace: options.namespace ?? env.namespace,
    close: () => route[Symbol.asyncDispose](),
  });
}

function inProcess<C extends Contract>(service: Service<C>, options: ClientOptions): Client<C> {
  const { namespace = "default", context = {} } = options;
  const log = context.log ?? createLogger();
  const made: ServiceContext = {
    client: context.client ?? ((other) => client(other)),
    store: context.store ?? createNoStore(giveOne),
    log,
  };
  const route = new LazyRoute(async () => {
    const server = await openRpcServer({
      services: [service],
      context: () => made,
      namespace,
      log,
    });
    const transport = server.direct();
    return {
      route: transport,
      async [Symbol.asyncDispose]() {
        // As with any client: its own calls are cancelled, so that there is nothing to wait for.
        await transport[Symbol.asyncDispose]();
        await server.stop();
      },
    };
  });
  return createClient(service.contract, {
    ...callOptions(options),
    route,
    deadlines: new DeadlineSweep(),
    namespace,
    close: () => route[Symbol.asyncDispose](),
  });
}

/** Not the platform's by itself: a test that writes into what a developer keeps is no test. */
const giveOne = 'give "context: { store }", such as createMemoryStore().database("test")';

function callOptions({ use, defaults, version }: NamedClientOptions): NamedClientOptions {
  return {
    ...(use && { use }),
    ...(defaults && { defaults }),
    ...(version !== undefined && { version }),
  };
}

function noPlatform(service: string, test: boolean): ReefError {
  const todo = test
    ? "NODE_ENV=test joins none by itself; give an address or a platform"
    : 'start one with "reef server", or give an address';
  return new ReefError(
    "unavailable",
    `Cannot call ${service}: no platform answers on this machine; ${todo}`,
    {
      maybeExecuted: false,
    },
  );
}
