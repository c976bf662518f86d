/**
 * The gRPC entrance of a platform: gRPC, gRPC-Web and Connect on one port, to any service of it. Messages pass through
 * as they came. docs/grpc.md is its promise.
 */
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";

import type { Registry } from "../../blocks/registry/index.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { createLogger, type Logger } from "../../core/log.ts";
import type { Doorkeeper } from "../../rpc/doorkeeper.ts";
import type { NamespaceCache } from "../../rpc/namespace-cache.ts";
import type { BlockDoors } from "../../rpc/namespaced-client.ts";
import type { GrpcLimits } from "../../rpc/grpc/limits.ts";
import { checkOrigins } from "../../rpc/http/check-origins.ts";
import { LateEntrance } from "../../rpc/late-entrance.ts";
import { sniff } from "../../rpc/sniff.ts";
import type { Connect } from "./proxied-service.ts";

export interface ProxyOptions {
  readonly registry: Registry;
  /** Makes the clients through which services are called. */
  readonly connect: Connect;
  /** @default { host: "127.0.0.1", port: 8081 }; port 0 takes a free one */
  readonly listen?: { readonly host?: string; readonly port?: number };
  /** Names by which clients may call it, beside the loopback names and the address that it listens on. @default [] */
  readonly hosts?: readonly string[];
  /** Sites whose pages may call: `https://shop.example`. @default [] */
  readonly origins?: readonly string[];
  /** Says who may call what. @default everybody may call every service */
  readonly doorkeeper?: Doorkeeper;
  /** The platform's own. They are open to those alone whom the doorkeeper lets in. @default none */
  readonly blocks?: BlockDoors;
  /** Those that there are beside the home, and how often each may call. @default there is the home alone */
  readonly namespaces?: NamespaceCache | undefined;
  /** What differs from `grpcLimits`. @default {} */
  readonly limits?: Partial<GrpcLimits>;
  /** @default lines on standard output */
  readonly log?: Logger;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Disposing it takes no new calls and waits for those that run, within `drainMs`. */
export interface Proxy extends AsyncDisposable {
  /** `http://127.0.0.1:8081`. */
  readonly url: string;
  readonly port: number;
}

/** Connections at once; each holds memory. */
const connectionsMax = 10_000;

/**
 * Opens the entrance; resolves when it listens. The first connection waits until the services are known that are there.
 * @throws {ReefError} `already_exists` when the port is taken; `invalid_argument` for a bad origin
 */
export async function openProxy(options: ProxyOptions): Promise<Proxy> {
  const { hosts = [], origins = [], log = createLogger(), clock = systemClock } = options;
  const { host = "127.0.0.1", port = 8081 } = options.listen ?? {};
  checkOrigins(origins);
  const entrance = new LateEntrance({
    async load({ signal }) {
      const { openProxyEntrance } = await import("./proxy-entrance.ts");
      const names = [...hosts, hostName(host)];
      return await openProxyEntrance({ ...options, hosts: names, origins, log, clock, signal });
    },
    clock,
    log,
  });
  const server = createServer({ noDelay: true }, (socket) => {
    sniff(socket, clock, (protocol) => {
      // The native wire is for services and their callers, who find each other in the registry.
      if (protocol === "http1" || protocol === "http2") entrance.welcome(socket, protocol);
      else socket.destroy();
    });
  });
  server.maxConnections = connectionsMax;
  const bound = await listen(server, host, port);
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    const left = new Promise<void>((resolve) => void server.close(() => resolve()));
    const opened = await entrance.end();
    await opened?.[Symbol.asyncDispose]();
    await left;
  }
  log.info(`The proxy listens on http://${hostName(host)}:${bound}`, { port: bound });
  return {
    url: `http://${hostName(host)}:${bound}`,
    port: bound,
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE";
      const rule = taken ? "another program has the port" : cause.message;
      const text = `Cannot listen on ${hostName(host)}:${port}: ${rule}`;
      const code = taken ? "already_exists" : "unavailable";
      reject(new ReefError(code, text, { cause, maybeExecuted: false }));
    });
    // It listens on TCP, so its address is an object.
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** An IPv6 address as URLs write it. */
function hostName(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
