/** Serves services: starts them, listens, hands each call to its handler, drains and stops. */
import type { Contract } from "../contract/contract.ts";
import { createErrorMakers } from "../contract/typed-error.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { createLogger, type Logger } from "../core/log.ts";
import { createDirectTransport } from "./direct.ts";
import { openListener, type Listener } from "./listen.ts";
import type { Middleware } from "./middleware.ts";
import type { ServerCall } from "./server-call.ts";
import { type AnyHandler, createServerMethod, type ServerMethod } from "./server-method.ts";
import type { Service, ServiceContext, StartResult } from "./service.ts";
import type { Transport } from "./transport.ts";
import {
  type Hello,
  limitsDefault,
  type MethodName,
  type WireLimits,
  wireVersion,
} from "./wire/frames.ts";
import { answer } from "./wire/handshake.ts";
import { keepaliveDefaultMs } from "./wire/keepalive.ts";
import { ServerConnection } from "./wire/server-connection.ts";

export interface RpcServerOptions {
  readonly services: readonly Service[];
  /** What factories get. */
  readonly context: (service: Service) => ServiceContext;
  /** Addresses to listen on; none for a server that is only called in its own process. @default [] */
  readonly listen?: readonly string[];
  /** @default "default" */
  readonly namespace?: string;
  /** Around every call of every service, outside of the service's own. */
  readonly use?: readonly Middleware<ServerCall>[];
  readonly limits?: Partial<WireLimits>;
  /** Holds what handlers return against its schema. @default false, true under NODE_ENV=test */
  readonly validateOutput?: boolean;
  /** @default 3_000 */
  readonly keepaliveMs?: number;
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** What a stop left unfinished. */
export interface DrainReport {
  /** Calls that were cancelled because they took longer than the time given. */
  readonly cancelledCalls: number;
}

export interface RpcServer extends AsyncDisposable {
  readonly addresses: readonly string[];
  /** Calls under way. */
  readonly active: number;
  /** Calls in this process, without a socket. */
  direct(): Transport;
  /** Takes no new calls, lets those under way finish for `timeoutMs`, cancels the rest, and stops. @default 10_000 */
  stop(options?: { readonly timeoutMs?: number }): Promise<DrainReport>;
}

/** As long as the supervisor waits for a child before it kills it, less a second to leave in order. */
export const drainTimeoutDefaultMs = 9_000;

/** @throws {ReefError} whatever `start` of a service throws; `failed_precondition` when an address is taken */
export async function openRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { clock = systemClock, log = createLogger(), signal, namespace = "default" } = options;
  const deadlines = new DeadlineSweep(clock);
  const methods = new Map<string, ServerMethod>();
  const started: StartResult[] = [];
  const connections = new Set<ServerConnection>();
  const listeners: Listener[] = [];
  let idle: (() => void) | undefined;
  let stopping: Promise<DrainReport> | undefined;

  function find(service: string, method: string): ServerMethod | ReefError {
    return methods.get(`${service}/${method}`) ?? unknownMethod(service, method, methods);
  }

  const own: Hello = {
    wire: wireVersion,
    limits: { ...limitsDefault, ...options.limits },
    namespace,
    credentials: { scheme: "anonymous" },
    peer: `reef node ${process.version} pid ${process.pid}`,
  };

  async function welcome(socket: Parameters<typeof answer>[0]): Promise<void> {
    const hellos = await answer(socket, own, { clock });
    const connection = new ServerConnection(socket, hellos, {
      find: (name: MethodName) => findIn(name, namespace, find),
      deadlines,
      clock,
      keepaliveMs: options.keepaliveMs ?? keepaliveDefaultMs,
      onEnd: () => {
        connections.delete(connection);
        idle?.();
      },
      onIdle: () => idle?.(),
    });
    connections.add(connection);
    if (stopping) connection.drain();
  }

  function active(): number {
    let sum = 0;
    for (const connection of connections) sum += connection.active;
    return sum;
  }

  async function stop({ timeoutMs = drainTimeoutDefaultMs } = {}): Promise<DrainReport> {
    await Promise.all(listeners.map((listener) => listener.stop()));
    for (const connection of connections) connection.drain();
    const cancelledCalls = await drained(active, timeoutMs, clock, (wake) => (idle = wake));
    for (const connection of connections) connection.close("This node has stopped");
    for (const result of started.toReversed()) await dispose(result);
    return { cancelledCalls };
  }

  const server: RpcServer = {
    addresses: [],
    get active() {
      return active();
    },
    direct: () => createDirectTransport({ find, deadlines }),
    stop: (stopOptions) => (stopping ??= stop(stopOptions)),
    async [Symbol.asyncDispose]() {
      await server.stop();
    },
  };
  try {
    for (const each of options.services) {
      started.push(await startService(each, signal));
      for (const method of await prepare(each, options, { clock, log, namespace })) {
        methods.set(`${method.service}/${method.name}`, method);
      }
      await each.options.ready?.(signal ?? new AbortController().signal);
    }
    for (const address of options.listen ?? []) {
      const onNative = (socket: Parameters<typeof answer>[0]) =>
        void welcome(socket).catch(ignoreRefused);
      listeners.push(await openListener(address, { onNative, clock }));
    }
  } catch (error) {
    await server.stop({ timeoutMs: 0 });
    throw error;
  }
  return Object.assign(server, { addresses: listeners.map((listener) => listener.address) });
}

async function startService(
  service: Service,
  signal: AbortSignal | undefined,
): Promise<StartResult> {
  return service.options.start?.(signal ?? new AbortController().signal);
}

async function prepare(
  service: Service,
  options: RpcServerOptions,
  { clock, log, namespace }: { clock: Clock; log: Logger; namespace: string },
): Promise<ServerMethod[]> {
  const { contract }: { contract: Contract } = service;
  const { validateOutput = process.env["NODE_ENV"] === "test" } = options;
  const handlers: { readonly [name: string]: unknown } = await service.create(
    options.context(service),
  );
  return Object.entries(contract.methods).map(([name, method]) => {
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (typeof handler !== "function") throw missingHandler(contract.name, name);
    return createServerMethod({
      namespace,
      service: contract.name,
      version: contract.version,
      name,
      kind: method.kind,
      input: method.input,
      output: method.output,
      errorTypes: method.errors,
      errors: createErrorMakers(contract.name, method.errors),
      clock,
      log: log.with({ service: contract.name }),
      // The contract's types were checked where the handlers were written.
      handler: handler.bind(handlers) as AnyHandler,
      use: [...(options.use ?? []), ...(service.options.use ?? [])],
      validateOutput,
    });
  });
}

function findIn(
  name: MethodName,
  namespace: string,
  find: (service: string, method: string) => ServerMethod | ReefError,
): ServerMethod | ReefError {
  if (name.namespace !== namespace) {
    return new ReefError(
      "not_found",
      `Cannot call ${name.service} in namespace "${name.namespace}": this node is in "${namespace}"`,
      { maybeExecuted: false },
    );
  }
  const method = find(name.service, name.method);
  if (method instanceof ReefError || method.kind === name.kind) return method;
  return new ReefError(
    "failed_precondition",
    `Cannot call ${name.service}/${name.method} as ${name.kind}: version ${method.version} here has it as ${method.kind}`,
    { maybeExecuted: false },
  );
}

/** Waits until nothing is under way or the time is up; says how many calls were left then. */
async function drained(
  active: () => number,
  timeoutMs: number,
  clock: Clock,
  onIdle: (wake: () => void) => void,
): Promise<number> {
  await new Promise<void>((resolve) => {
    const timer = clock.after(timeoutMs, resolve);
    const check = () => {
      if (active() > 0) return;
      timer.cancel();
      resolve();
    };
    onIdle(check);
    check();
  });
  return active();
}

async function dispose(result: StartResult): Promise<void> {
  if (!result) return;
  if (Symbol.asyncDispose in result) await result[Symbol.asyncDispose]();
  else result[Symbol.dispose]();
}

function unknownMethod(
  service: string,
  method: string,
  methods: ReadonlyMap<string, ServerMethod>,
): ReefError {
  const here = [...methods.values()].some((each) => each.service === service);
  const text = here
    ? `Cannot call ${service}/${method}: ${service} has no such method here; ask "reef describe ${service}"`
    : `Cannot call ${service}/${method}: this node does not serve ${service}`;
  return new ReefError(here ? "unimplemented" : "not_found", text, { maybeExecuted: false });
}

function missingHandler(service: string, method: string): ReefError {
  return new ReefError(
    "failed_precondition",
    `Cannot serve ${service}: its contract has the method "${method}", its handlers do not; write one`,
    { maybeExecuted: false },
  );
}

/** The peer was told why, or left by itself. */
function ignoreRefused(): void {}
