/** Clients for programs: of a service by name, at an address, or in this process. */
import type { Contract } from "../contract/contract.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { createLogger } from "../core/log.ts";
import { createAddressRoute } from "../rpc/address-route.ts";
import type { ClientCall } from "../rpc/client-call.ts";
import { type Client, createClient, type Route } from "../rpc/client.ts";
import { ConnectionPool } from "../rpc/connection-pool.ts";
import { openRpcServer } from "../rpc/server.ts";
import type { Service, ServiceContext } from "../rpc/service.ts";
import { openConnection } from "../rpc/wire/connect.ts";
import { readEnvironment } from "./environment.ts";
import { joinPlatform } from "./join.ts";
import type { NamedClientOptions, Platform } from "./platform.ts";

/** Where a client finds its service, and what it does with every call. */
export interface ClientOptions extends NamedClientOptions {
  /** Where the service listens, `tcp://127.0.0.1:7000`. @default found by its name on the platform */
  readonly address?: string;
  /** The platform to look on. @default `REEF_PLATFORM`, else the one of this machine */
  readonly platform?: Platform;
  /** For a service in this process: what its factory gets besides clients. */
  readonly context?: Partial<ServiceContext>;
}

/**
 * A client of a contract, or of a service value in this process: the same validation and copies, no server, for tests.
 * It connects when it is first called. Dispose it when a program should end before its connections do.
 */
export function client<C extends Contract>(
  target: C | Service<C>,
  options: ClientOptions = {},
): Client<C> {
  if ("create" in target) return inProcess(target, options);
  const { address, platform, ...rest } = options;
  if (platform) return platform.client(target, rest);
  return address === undefined ? byName(target, rest) : atAddress(target, address, rest);
}

function atAddress<C extends Contract>(
  contract: C,
  address: string,
  options: NamedClientOptions,
): Client<C> {
  const { namespace = "default", use, defaults } = options;
  const pool = new ConnectionPool((to, signal) => openConnection(to, { namespace, signal }));
  return createClient(contract, {
    route: createAddressRoute(address, pool),
    deadlines: new DeadlineSweep(),
    namespace,
    ...(use && { use }),
    ...(defaults && { defaults }),
    close: () => pool[Symbol.asyncDispose](),
  });
}

function byName<C extends Contract>(contract: C, options: NamedClientOptions): Client<C> {
  const env = readEnvironment();
  const namespace = options.namespace ?? env.namespace;
  const joined = lazy(async () => {
    const platform = await joinPlatform({ env });
    if (!platform) throw noPlatform(contract.name, env.test);
    return platform;
  });
  const route = lazyRoute(joined, (platform) => platform.route());
  return createClient(contract, {
    route,
    deadlines: new DeadlineSweep(),
    namespace,
    ...(options.use && { use: options.use }),
    ...(options.defaults && { defaults: options.defaults }),
    close: async () => (await joined.made())?.[Symbol.asyncDispose](),
  });
}

function inProcess<C extends Contract>(service: Service<C>, options: ClientOptions): Client<C> {
  const log = options.context?.log ?? createLogger();
  const context: ServiceContext = {
    client: options.context?.client ?? ((other) => client(other)),
    log,
  };
  const opened = lazy(() => openRpcServer({ services: [service], context: () => context, log }));
  const route = lazyRoute(opened, (server) => server.direct());
  return createClient(service.contract, {
    route,
    deadlines: new DeadlineSweep(),
    ...(options.use && { use: options.use }),
    ...(options.defaults && { defaults: options.defaults }),
    close: async () => (await opened.made())?.[Symbol.asyncDispose](),
  });
}

interface Lazy<T> {
  /** Makes it at the first call; a failure is forgotten, so that the next call tries again. */
  get(): Promise<T>;
  /** What was made, if anything. */
  made(): Promise<T | undefined>;
}

function lazy<T>(make: () => Promise<T>): Lazy<T> {
  let made: Promise<T> | undefined;
  return {
    get() {
      made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return made;
    },
    async made() {
      return made?.catch(() => undefined);
    },
  };
}

/** A route that is there when the first call is. */
function lazyRoute<T>(source: Lazy<T>, routeOf: (value: T) => Route): Route {
  let route: Route | undefined;
  async function open(call: ClientCall): Promise<void> {
    try {
      const value = await source.get();
      route ??= routeOf(value);
      if (!call.over) route.send(call);
    } catch (error) {
      const { code, message } = ReefError.from(error);
      call.fail(new ReefError(code, message, { cause: error, maybeExecuted: false }));
    }
  }
  return {
    send(call) {
      if (route) route.send(call);
      else void open(call);
    },
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
