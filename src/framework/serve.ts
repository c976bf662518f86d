/** Serves services: on the platform if there is one, else alone. `await serve(greeter)` is all that a program needs. */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { Node } from "../blocks/registry/index.ts";
import type { Contract } from "../contract/contract.ts";
import { systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { createLogger, type Logger, type LogLevel } from "../core/log.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { createClient } from "../rpc/client.ts";
import type { DrainReport, RpcServer, RpcServerOptions } from "../rpc/server.ts";
import { openRpcServer } from "../rpc/server.ts";
import type { Service, ServiceContext } from "../rpc/service.ts";
import type { ClientCall } from "../rpc/client-call.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { joinPlatform } from "./join.ts";
import type { Platform } from "./platform.ts";
import { openRegistration, type Registration } from "./registration.ts";
import { stopOnSignals } from "./stop-on-signals.ts";

/** Where services listen, and how they behave there. */
export interface ServeOptions extends Pick<
  RpcServerOptions,
  "use" | "limits" | "validateOutput" | "keepaliveMs" | "signal"
> {
  /**
   * Where to listen: `tcp://127.0.0.1:7000`, `unix:/run/greeter.sock`.
   * @default on a platform a Unix socket in its folder, and `PORT` if that is set; alone `PORT` or any free port
   */
  readonly listen?: readonly string[];
  /** A platform to join; `false` to stay alone. @default `REEF_PLATFORM`, else the one of this machine if it answers */
  readonly platform?: Platform | false;
  /** Stops on SIGTERM and SIGINT, then lets the process end. @default true */
  readonly stopOnSignals?: boolean;
  /** @default JSON lines on standard output; plain text on a terminal */
  readonly log?: Logger;
}

/** Services that are being served. Disposing it stops them in order. */
export interface Running extends AsyncDisposable {
  readonly addresses: readonly string[];
  /** Takes no new calls, finishes those under way, leaves the platform. */
  stop(options?: { readonly timeoutMs?: number }): Promise<DrainReport>;
}

/**
 * Starts services on one address: their `start`, then their handlers, then calls.
 * @throws {ReefError} `failed_precondition` when an address is taken, and whatever a service throws while it starts
 */
export async function serve(
  services: Service | readonly Service[],
  options: ServeOptions = {},
): Promise<Running> {
  const all: readonly Service[] = Array.isArray(services) ? services : [services as Service];
  const env = readEnvironment();
  const { log = defaultLog(), signal } = options;
  await using stack = new AsyncDisposableStack();
  const platform = await findPlatform(options, env);
  if (platform && platform !== options.platform) stack.use(platform);

  const alone = { server: undefined as RpcServer | undefined };
  const context = platform ? onPlatform(platform, log) : byItself(alone, log);
  const { use, limits, validateOutput, keepaliveMs } = options;
  const server = stack.use(
    await openRpcServer({
      ...defined({ use, limits, validateOutput, keepaliveMs, signal }),
      services: all,
      listen: options.listen ?? (await defaultAddresses(env, platform, all)),
      namespace: env.namespace,
      context,
      log,
    }),
  );
  alone.server = server;
  const registrations: Registration[] = [];
  for (const service of all) {
    if (platform)
      registrations.push(stack.use(await register(platform, service, server, env, log)));
  }
  const owned = stack.move();
  announce(all, server, platform, log);

  let stopping: Promise<DrainReport> | undefined;
  async function stop(stopOptions?: { readonly timeoutMs?: number }): Promise<DrainReport> {
    unhook?.();
    await Promise.all(registrations.map((registration) => registration.drain()));
    const report = await server.stop(stopOptions);
    await owned.disposeAsync();
    return report;
  }
  const running: Running = {
    addresses: server.addresses,
    stop: (stopOptions) => (stopping ??= stop(stopOptions)),
    async [Symbol.asyncDispose]() {
      await running.stop();
    },
  };
  const unhook = options.stopOnSignals === false ? undefined : stopOnSignals(running, server, log);
  return running;
}

async function findPlatform(
  options: ServeOptions,
  env: Environment,
): Promise<Platform | undefined> {
  if (options.platform === false) return undefined;
  return options.platform ?? joinPlatform({ env, signal: options.signal });
}

/** Clients by name, through the registry. */
function onPlatform(platform: Platform, log: Logger): (service: Service) => ServiceContext {
  return ({ contract }) => ({
    client: (other) => platform.client(other),
    log: log.with({ service: contract.name }),
  });
}

/** Without a platform a service reaches only those that are served with it, in this process. */
function byItself(
  alone: { server: RpcServer | undefined },
  log: Logger,
): (service: Service) => ServiceContext {
  const deadlines = new DeadlineSweep();
  const route = {
    send(call: ClientCall): void {
      if (alone.server) alone.server.direct().send(call);
      else call.fail(notYet());
    },
  };
  return ({ contract }) => ({
    client: <C extends Contract>(other: C) => createClient(other, { route, deadlines }),
    log: log.with({ service: contract.name }),
  });
}

async function defaultAddresses(
  env: Environment,
  platform: Platform | undefined,
  services: readonly Service[],
): Promise<string[]> {
  const tcp = `tcp://127.0.0.1:${env.port ?? 0}`;
  const folder = platform && (env.sockets ?? socketsBeside(platform));
  if (!folder) return [tcp];
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = services[0]?.contract.name ?? "service";
  const socket = `${name.slice(0, 24)}-${randomBytes(4).toString("hex")}.sock`;
  return [`unix:${join(folder, socket)}`, ...(env.port === undefined ? [] : [tcp])];
}

/** The folder of the platform's own socket. */
function socketsBeside(platform: Platform): string {
  return join(platform.control.replace(/^unix:/, ""), "..");
}

function register(
  platform: Platform,
  service: Service,
  server: RpcServer,
  env: Environment,
  log: Logger,
): Promise<Registration> {
  const { contract, options } = service;
  const node: Node = {
    id: `${contract.name}-${randomBytes(8).toString("hex")}`,
    namespace: env.namespace,
    service: contract.name,
    version: contract.version,
    state: "ready",
    addresses: server.addresses,
    contractDigest: contract.digest,
    metadata: {
      ...options.metadata,
      pid: String(process.pid),
      ...(env.instance !== undefined && { instance: env.instance }),
    },
  };
  const { registry } = platform;
  return openRegistration({
    registry,
    node,
    contract: contract.descriptor,
    clock: systemClock,
    log,
  });
}

function announce(
  services: readonly Service[],
  server: RpcServer,
  platform: Platform | undefined,
  log: Logger,
): void {
  for (const { contract } of services) {
    const where = platform ? "on the platform" : "alone: no platform answers on this machine";
    log.info(
      `${contract.name} ${contract.version} is ready at ${server.addresses.join(", ")} (${where})`,
    );
  }
}

function defaultLog(): Logger {
  const levels: readonly string[] = ["debug", "info", "warn", "error"];
  const level = process.env["LOG_LEVEL"] ?? "info";
  return createLogger({
    plain: process.stdout.isTTY === true,
    // An unknown level is as good as none.
    level: levels.includes(level) ? (level as LogLevel) : "info",
  });
}

/** Options that were given: an explicit undefined must not hide a default. */
function defined<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // The entries that are undefined are the ones that the type leaves out.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function notYet(): ReefError {
  return new ReefError("unavailable", "Cannot call: this program has not started to serve", {
    maybeExecuted: false,
  });
}
