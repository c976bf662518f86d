/** Serves services: starts them, listens, hands each call to its handler, drains and stops. */
import { type Clock, systemClock } from "../core/clock.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { createLogger, type Logger } from "../core/log.ts";
import { missingNumber } from "../contract/numbers/missing-number.ts";
import { parseAddress } from "./address.ts";
import { DirectCalls, type DirectOptions } from "./direct.ts";
import { Door, type DoorOptions } from "./door.ts";
import type { Doorkeeper } from "./doorkeeper.ts";
import type { HttpEntrance } from "./grpc/http-entrance.ts";
import type { GrpcLimits } from "./grpc/limits.ts";
import type { ServedService } from "./grpc/server-entrance.ts";
import { checkOrigins } from "./http/check-origins.ts";
import { LateEntrance } from "./late-entrance.ts";
import { type Listener, openListener } from "./listen.ts";
import { MethodTable } from "./method-table.ts";
import type { Middleware } from "./middleware.ts";
import { prepareService } from "./prepare-service.ts";
import type { ServerCall } from "./server-call.ts";
import type { TlsOptions } from "./secure-sockets.ts";
import { ServerConnections } from "./server-connections.ts";
import type { Service, ServiceContext } from "./service.ts";
import type { Transport } from "./transport.ts";
import { type Hello, limitsDefault, type WireLimits, wireVersion } from "./wire/frames.ts";
import { keepaliveDefaultMs } from "./wire/keepalive.ts";
import { protobufName } from "./wire/method-name.ts";

export interface RpcServerOptions {
  readonly services: readonly Service[];
  /** What factories get. */
  readonly context: (service: Service) => ServiceContext;
  /** Addresses to listen on; none for a server that is only called in its own process. @default [] */
  readonly listen?: readonly string[];
  /** With `later` the addresses stay with whoever has them until `take()`. @default "now" */
  readonly take?: "now" | "later";
  /** @default "default" */
  readonly namespace?: string;
  /** Whose calls are answered; with `any`, `call.namespace` is the caller's, as blocks want it. @default "own" */
  readonly namespaces?: "own" | "any";
  /**
   * Around every call of every service, outside of the service's own; the first is the outermost. All of it sees input
   * that was validated before.
   */
  readonly use?: readonly Middleware<ServerCall>[];
  /** Says who may call what. @default everybody may call everything, and is anonymous */
  readonly doorkeeper?: Doorkeeper | undefined;
  /**
   * As what rules name its services: what users have written, or a primitive of the platform, which acts in the
   * namespace of its caller.
   * @default "service"
   */
  readonly resourceType?: DoorOptions["type"];
  /** Throws for a namespace that is not there, for callers who could act in it. @default each is there */
  readonly checkNamespace?: DoorOptions["checkNamespace"];
  /** Why no call may be made just now: asked before each, in the order in which they come. @default none is refused */
  readonly admit?: (() => ReefError | undefined) | undefined;
  readonly limits?: Partial<WireLimits>;
  /** What callers over HTTP may take: gRPC, gRPC-Web, Connect. */
  readonly httpLimits?: Partial<GrpcLimits>;
  /**
   * TLS for TCP addresses: gRPC, gRPC-Web, Connect, and reef's own wire for whoever brings it through TLS. Without,
   * they are clear; Unix sockets always are.
   */
  readonly tls?: TlsOptions;
  /**
   * Names by which the ports may be called over HTTP beside the loopback names and those of `listen`, without port: a
   * page whose name leads here must not reach them. @default []
   */
  readonly hosts?: readonly string[];
  /** Sites whose pages may call over HTTP: `https://shop.example`. @default [] */
  readonly origins?: readonly string[];
  /** Holds what handlers return against its schema. @default false, true under NODE_ENV=test */
  readonly validateOutput?: boolean;
  /** @default 3_000 */
  readonly keepaliveMs?: number;
  readonly clock?: Clock;
  readonly log?: Logger;
  /** Ends the start, with its reason; what was started by then is stopped. Once it is served it does nothing. */
  readonly signal?: AbortSignal | undefined;
}

/** What a stop left unfinished. */
export interface DrainReport {
  /** Calls that were cancelled because they took longer than the time given. */
  readonly cancelledCalls: number;
}

export interface RpcServer extends AsyncDisposable {
  readonly addresses: readonly string[];
  /**
   * Takes its addresses over from whoever has them; a second time does nothing.
   * @throws {ReefError} `failed_precondition` when another program has one and does not share it
   */
  take(): Promise<void>;
  /** Calls under way. */
  readonly active: number;
  /**
   * Calls in this process, without a socket. While the server drains, only calls that are made by one of its handlers
   * are taken.
   */
  direct(options?: DirectOptions): Transport;
  /**
   * Takes no new calls, lets those under way finish for `timeoutMs`, cancels the rest, and disposes what the services
   * hold. Whoever asks again gets the same report. Rejects with what a service throws then; everything else has been
   * stopped all the same.
   * @default 9_000
   */
  stop(options?: { readonly timeoutMs?: number }): Promise<DrainReport>;
}

/** As long as the supervisor waits for a child before it kills it, less a second to leave in order. */
export const drainTimeoutDefaultMs = 9_000;

/** Callers leave by themselves when they are told to; longer is only waited for one that does not. */
const farewellMs = 500;

/**
 * Starts services and listens. When it fails, nothing of what it had begun is left.
 * @throws {ReefError} `failed_precondition` when an address is taken or a handler is missing; `already_exists` when a
 *   service is there twice; and whatever a service throws while it starts
 */
export async function openRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  checkOrigins(options.origins ?? []);
  const server = new Server(options);
  try {
    for (const service of options.services) await server.prepare(service);
    for (const address of options.listen ?? []) await server.listen(address);
    return server;
  } catch (error) {
    await server.abandon();
    throw error;
  }
}

class Server implements RpcServer {
  readonly #options: RpcServerOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #methods: MethodTable;
  readonly #door: Door | undefined;
  readonly #owned = new AsyncDisposableStack();
  readonly #listeners: Listener[] = [];
  readonly #connections: ServerConnections;
  readonly #direct: DirectCalls;
  readonly #deadlines: DeadlineSweep;
  readonly #services: ServedService[] = [];
  /** Services that can be spoken with in protobuf. */
  readonly #numbered: string[] = [];
  readonly #http: LateEntrance<HttpEntrance>;
  #onIdle: () => void = () => {};
  #stopped: Promise<DrainReport> | undefined;

  constructor(options: RpcServerOptions) {
    const { clock = systemClock, log = createLogger(), namespace = "default" } = options;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#methods = new MethodTable(options.namespaces === "any" ? undefined : namespace);
    const { doorkeeper, resourceType: type = "service", checkNamespace } = options;
    this.#door = doorkeeper && new Door({ doorkeeper, type, checkNamespace });
    const deadlines = new DeadlineSweep(clock);
    this.#deadlines = deadlines;
    const onIdle = () => this.#onIdle();
    this.#direct = new DirectCalls({ methods: this.#methods, deadlines, onIdle });
    this.#connections = new ServerConnections({
      hello: () => helloOf(namespace, options.limits, this.#numbered),
      find: (asked) => this.#methods.find(asked, asked.method),
      deadlines,
      door: this.#door,
      clock,
      keepaliveMs: options.keepaliveMs ?? keepaliveDefaultMs,
      onIdle,
      log,
    });
    this.#http = new LateEntrance({ load: () => this.#loadHttp(), clock, log });
  }

  get addresses(): readonly string[] {
    return this.#listeners.map((listener) => listener.address);
  }

  get active(): number {
    const http = this.#http.loaded?.active ?? 0;
    return this.#connections.active + http + this.#direct.active;
  }

  direct(options?: DirectOptions): Transport {
    return this.#direct.open(options);
  }

  async prepare(service: Service): Promise<void> {
    const { contract } = service;
    const { context, signal = new AbortController().signal, namespace = "default" } = this.#options;
    const { use = [], validateOutput = process.env["NODE_ENV"] === "test" } = this.#options;
    if (this.#methods.has(contract.name)) throw servedTwice(contract.name);
    const methods = await prepareService(service, {
      owned: this.#owned,
      context: context(service),
      namespace,
      use,
      admit: this.#options.admit,
      validateOutput,
      clock: this.#clock,
      log: this.#log,
      signal,
    });
    this.#methods.add(contract.name, methods);
    if (missingNumber(contract.descriptor) === undefined) {
      this.#numbered.push(protobufName(contract.name, contract.version));
    }
    this.#services.push({ descriptor: contract.descriptor, methods });
  }

  async listen(address: string): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const listener = await openListener(address, {
      onNative: (socket) => void this.#connections.welcome(socket),
      onHttp: (socket, version) => this.#http.welcome(socket, version),
      tls: this.#options.tls,
      clock: this.#clock,
      take: this.#options.take ?? "now",
    });
    this.#listeners.push(listener);
  }

  async take(): Promise<void> {
    for (const listener of this.#listeners) await listener.take();
  }

  /** Whoever calls over HTTP pays for the code that it takes, once. */
  async #loadHttp(): Promise<HttpEntrance> {
    const { createServerEntrance } = await import("./grpc/server-entrance.ts");
    const { namespace = "default", listen, hosts = [], origins = [] } = this.#options;
    return createServerEntrance({
      services: this.#services,
      door: this.#door,
      namespace,
      deadlines: this.#deadlines,
      clock: this.#clock,
      onIdle: () => this.#onIdle(),
      hosts: [...hostsOf(listen), ...hosts],
      origins,
      limits: { ...messageLimits(this.#options.limits), ...this.#options.httpLimits },
      log: this.#log,
    });
  }

  stop(options: { readonly timeoutMs?: number } = {}): Promise<DrainReport> {
    return (this.#stopped ??= this.#stop(options));
  }

  /** The start has failed, and why is what matters: what else goes wrong only goes into the log. */
  async abandon(): Promise<void> {
    try {
      await this.stop({ timeoutMs: 0 });
    } catch (error) {
      this.#log.warn("Cannot stop what had been started in order", { error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop({ timeoutMs = drainTimeoutDefaultMs }): Promise<DrainReport> {
    await Promise.all(this.#listeners.map((listener) => listener.stop()));
    this.#connections.drain();
    this.#direct.drain();
    const http = await this.#http.end();
    http?.drain();
    await this.#until(() => this.active === 0, timeoutMs);
    const cancelledCalls = this.active;
    // A call that was on its way when its caller was told to go elsewhere must be refused, and not be lost.
    const left = () => this.#connections.open + (http?.open ?? 0) === 0;
    if (cancelledCalls === 0) await this.#until(left, Math.min(timeoutMs, farewellMs));
    this.#connections.close("This node has stopped");
    http?.close();
    this.#direct.close("This node has stopped");
    await this.#owned.disposeAsync();
    return { cancelledCalls };
  }

  /** Waits until it is true, looking whenever a call or a connection has ended, or until the time is up. */
  #until(isTrue: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(timeoutMs, resolve);
      this.#onIdle = () => {
        if (!isTrue()) return;
        timer.cancel();
        resolve();
      };
      this.#onIdle();
    });
  }
}

/** HELLO is one frame; callers of a node with more services than anybody has speak JSON with the rest. */
const numberedMax = 256;

/** What a message and a stream may be is the same however they come. */
function messageLimits({ messageBytes, streamMessages, streamBytes }: Partial<WireLimits> = {}) {
  return {
    ...(messageBytes !== undefined && { messageBytes }),
    ...(streamMessages !== undefined && { streamMessages }),
    ...(streamBytes !== undefined && { streamBytes }),
  };
}

/** What the addresses themselves say: whoever calls by one of them says its host. */
function hostsOf(listen: readonly string[] = []): string[] {
  return listen.flatMap((address) => {
    const parsed = parseAddress(address);
    if (parsed.kind !== "tcp") return [];
    return [parsed.host.includes(":") ? `[${parsed.host}]` : parsed.host];
  });
}

function helloOf(
  namespace: string,
  limits: Partial<WireLimits> | undefined,
  numbered: readonly string[],
): Hello {
  return {
    wire: wireVersion,
    limits: { ...limitsDefault, ...limits },
    namespace,
    credentials: { scheme: "anonymous" },
    peer: `reef node ${process.version} pid ${process.pid}`,
    protobuf: numbered.slice(0, numberedMax),
    trailers: true,
  };
}

function servedTwice(service: string): ReefError {
  return new ReefError("already_exists", `Cannot serve ${service}: it is in the list twice`, {
    maybeExecuted: false,
  });
}
