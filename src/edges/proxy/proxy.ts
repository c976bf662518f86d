/**
 * The gRPC entrance of a platform: gRPC, gRPC-Web and Connect on one port, to any service of it. Messages pass through
 * as they came. docs/grpc.md is its promise.
 */
import type { Registry } from "../../blocks/registry/index.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { createLogger, type Logger } from "../../core/log.ts";
import type { Doorkeeper } from "../../rpc/doorkeeper.ts";
import type { NamespaceCache } from "../../rpc/namespace-cache.ts";
import type { BlockDoors } from "../../rpc/namespaced-client.ts";
import type { GrpcLimits } from "../../rpc/grpc/limits.ts";
import { checkOrigins } from "../../rpc/http/check-origins.ts";
import { LateEntrance } from "../../rpc/late-entrance.ts";
import { namesOfHost, openPort } from "../../rpc/open-port.ts";
import type { Certificate } from "../../rpc/secure-sockets.ts";
import type { Connect } from "./proxied-service.ts";

export interface ProxyOptions {
  readonly registry: Registry;
  /** Makes the clients through which services are called. */
  readonly connect: Connect;
  /** @default { host: "127.0.0.1", port: 8081 }; port 0 takes a free one */
  readonly listen?: { readonly host?: string; readonly port?: number };
  /** Names by which clients may call it, beside the loopback names and the address that it listens on. @default [] */
  readonly hosts?: readonly string[];
  /** Everything goes over TLS then, and it may be called by the names that this is for. @default all is in clear */
  readonly certificate?: Certificate | undefined;
  /** Sites whose pages may call: `https://shop.example`. @default [] */
  readonly origins?: readonly string[];
  /** Says who may call what, and who hears what there is. @default everybody may have all of it */
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
  /** `http://127.0.0.1:8081`; with a certificate `https`. */
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
      const names = [...hosts, ...namesOfHost(host)];
      return await openProxyEntrance({ ...options, hosts: names, origins, log, clock, signal });
    },
    clock,
    log,
  });
  const bound = await openPort({
    host,
    port,
    versions: ["http1", "http2"],
    certificate: options.certificate,
    connectionsMax,
    clock,
    welcome: (socket, version) => entrance.welcome(socket, version),
  });
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    const { left } = bound.close();
    const opened = await entrance.end();
    await opened?.[Symbol.asyncDispose]();
    await left;
  }
  log.info(`The proxy listens on ${bound.url}`, { port: bound.port });
  return {
    url: bound.url,
    port: bound.port,
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
}
