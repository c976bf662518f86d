/** Serves services: on the platform if there is one, else alone. `await serve(greeter)` is all that a program needs. */
import { localRules } from "../core/access-rules.ts";
import { sleep } from "../core/clock.ts";
import type { Logger } from "../core/log.ts";
import { homeNamespace } from "../core/namespace-access.ts";
import { CallQuotas } from "../rpc/call-quotas.ts";
import type { Doorkeeper, DoorkeeperOptions } from "../rpc/doorkeeper.ts";
import {
  type DrainReport,
  openRpcServer,
  type RpcServer,
  type RpcServerOptions,
} from "../rpc/server.ts";
import type { Service } from "../rpc/service.ts";
import { defaultLog } from "./default-log.ts";
import { readEnvironment } from "./environment.ts";
import { joinPlatform } from "./join.ts";
import { listenAddresses, reachOf } from "./listen-addresses.ts";
import { listNodes } from "./list-nodes.ts";
import { createNoStore } from "./no-store.ts";
import type { Platform } from "./platform.ts";
import type { Registration } from "./registration.ts";
import { ServiceClients } from "./service-clients.ts";
import { stopOnSignals } from "./stop-on-signals.ts";

/** Where services listen, and how they behave there. */
export interface ServeOptions extends Pick<
  RpcServerOptions,
  | "use"
  | "limits"
  | "httpLimits"
  | "tls"
  | "hosts"
  | "origins"
  | "validateOutput"
  | "keepaliveMs"
  | "signal"
> {
  /**
   * Where to listen: `tcp://127.0.0.1:7000`, `unix:/run/greeter.sock`. Beyond this machine it takes `tls`, and the rule
   * `anonymous` lets nobody in.
   * @default on a platform a Unix socket in its folder, and `PORT` if that is set; alone `PORT` or any free port
   */
  readonly listen?: readonly string[];
  /** A platform to join; `false` to stay alone. @default `REEF_PLATFORM`, else the one of this machine if it answers */
  readonly platform?: Platform | false;
  /**
   * Stops on SIGTERM and SIGINT, then lets the process end; the second one ends it at once. @default true
   */
  readonly stopOnSignals?: boolean;
  /** @default JSON lines on standard output; plain text on a terminal */
  readonly log?: Logger;
}

/** Services that are being served. Disposing it stops them in order; a second time does nothing. */
export interface Running extends AsyncDisposable {
  readonly addresses: readonly string[];
  /**
   * Tells the platform, takes no new calls, finishes those under way for `timeoutMs` and cancels the rest, leaves the
   * platform. Rejects with what a service throws while it stops; everything else has been stopped all the same.
   * @default 9_000
   */
  stop(options?: { readonly timeoutMs?: number }): Promise<DrainReport>;
}

/**
 * Starts services on one address: their `start`, then their handlers, `ready`, then calls. A node is listed as ready
 * when it listens, and not before. When it fails, nothing of what it had begun is left.
 * @throws {ReefError} `failed_precondition` when an address is taken or a handler is missing; `unavailable` when the
 *   platform that started this program is gone; and whatever a service throws while it starts
 */
export async function serve(
  services: Service | readonly Service[],
  options: ServeOptions = {},
): Promise<Running> {
  const all: readonly Service[] = Array.isArray(services) ? services : [services as Service];
  const { platform: given, listen, stopOnSignals: onSignals = true } = options;
  const env = readEnvironment();
  const { log: ownLog = defaultLog(), signal } = options;
  await using stack = new AsyncDisposableStack();
  const service = all[0]?.contract.name;
  const platform =
    (given ?? (await joinPlatform({ env, service, log: ownLog, signal }))) || undefined;
  if (platform && !given) stack.use(platform);
  const namespace = platform?.namespace ?? env.namespace;
  const store = platform?.store ?? createNoStore('start one with "reef server"');
  // Of the home nothing is said: nearly all are there.
  const log = namespace === homeNamespace ? ownLog : ownLog.with({ namespace });
  const quotas = platform && new CallQuotas(platform.namespaceCache());
  const clients = new ServiceClients({ services: all, platform, namespace });
  const addressed = listen ?? (await listenAddresses(env, platform, all));
  const reach = reachOf(addressed, { isSecure: options.tls !== undefined });
  const withoutRules = reach === "the network" ? localRules : [];
  const doorkeeper = platform && (await openDoor(platform, all, { withoutRules, log }));
  const server = stack.use(
    await openRpcServer({
      ...rpcOptions(options),
      services: all,
      listen: addressed,
      take: "later",
      namespace,
      admit: quotas && (() => quotas.take(namespace)),
      doorkeeper,
      context: ({ contract }) => ({
        client: (other) => clients.client(other),
        store,
        log: log.with({ service: contract.name }),
      }),
      log,
    }),
  );
  clients.open(server, await platform?.self());
  const { addresses } = server;
  const listed =
    platform &&
    stack.use(
      await listNodes({ signal: options.signal, services: all, addresses, platform, env, log }),
    );
  // Whoever has the address keeps it until nothing can go wrong here any more: callers never find nobody.
  await server.take();
  await listed?.ready();
  const running = new Served(server, listed, stack.move());
  const place = placeOf(platform, given, env.test);
  // Whom the platform has started nobody calls by address.
  const where = env.instance === undefined ? `at ${addresses.join(", ")} (${place})` : place;
  announce(all, log, where);
  if (onSignals) running.stopOnSignals(log);
  return running;
}

/** Auth may come later: until then the door says that it cannot say who may come in. */
const presentMsMax = 2_000;

async function openDoor(
  platform: Platform,
  services: readonly Service[],
  options: Pick<DoorkeeperOptions, "withoutRules" | "log">,
): Promise<Doorkeeper> {
  const names = services.map(({ contract }) => contract.name);
  const doorkeeper = platform.doorkeeper(names, options);
  const waited = new AbortController();
  const { signal } = waited;
  const late = sleep(presentMsMax, { signal }).catch(stopped);
  await Promise.race([doorkeeper.present, late]);
  waited.abort();
  return doorkeeper;
}

/** It is there, and nobody waits any more. */
function stopped(): void {}

class Served implements Running {
  readonly #server: RpcServer;
  readonly #listed: Registration | undefined;
  readonly #owned: AsyncDisposableStack;
  #ignoreSignals: (() => void) | undefined;
  #stopped: Promise<DrainReport> | undefined;

  constructor(server: RpcServer, listed: Registration | undefined, owned: AsyncDisposableStack) {
    this.#server = server;
    this.#listed = listed;
    this.#owned = owned;
  }

  get addresses(): readonly string[] {
    return this.#server.addresses;
  }

  stopOnSignals(log: Logger): void {
    this.#ignoreSignals = stopOnSignals(this, this.#server, log);
  }

  stop(options?: { readonly timeoutMs?: number }): Promise<DrainReport> {
    return (this.#stopped ??= this.#stop(options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(options?: { readonly timeoutMs?: number }): Promise<DrainReport> {
    this.#ignoreSignals?.();
    // First nobody comes any more, then nobody is let in; who is inside finishes.
    await this.#listed?.drain();
    try {
      return await this.#server.stop(options);
    } finally {
      await this.#owned.disposeAsync();
    }
  }
}

/** Those that were given: an explicit undefined must not hide a default. */
function rpcOptions(options: ServeOptions): Partial<RpcServerOptions> {
  const { use, limits, httpLimits, tls, hosts, origins } = options;
  const { validateOutput, keepaliveMs, signal } = options;
  return {
    ...(httpLimits && { httpLimits }),
    ...(tls && { tls }),
    ...(hosts && { hosts }),
    ...(origins && { origins }),
    ...(use && { use }),
    ...(limits && { limits }),
    ...(validateOutput !== undefined && { validateOutput }),
    ...(keepaliveMs !== undefined && { keepaliveMs }),
    ...(signal && { signal }),
  };
}

function placeOf(
  platform: Platform | undefined,
  given: Platform | false | undefined,
  test: boolean,
): string {
  if (platform) return "on the platform";
  if (given === false) return "alone";
  return test ? "alone: NODE_ENV is test" : "alone: no platform answers on this machine";
}

function announce(services: readonly Service[], log: Logger, where: string): void {
  for (const { contract } of services) {
    log.info(`${contract.name} ${contract.version} is ready ${where}`);
  }
}
