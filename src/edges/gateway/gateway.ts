/**
 * The HTTP front door: `POST /<service>/<method>` with JSON, the contracts' own bindings, streams as server-sent
 * events, lines of JSON or a WebSocket. docs/http.md is its promise.
 *
 * It stands on `node:http` and its strict parser, which has been attacked for longer than anything we could write. All
 * limits in time and number are in `limits.ts`; the life of one request is in `serve.ts`. All of this is loaded with
 * the first connection: here is only the port.
 */
import type { Registry } from "../../blocks/registry/index.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { createLogger, type Logger } from "../../core/log.ts";
import type { Doorkeeper } from "../../rpc/doorkeeper.ts";
import type { NamespaceCache } from "../../rpc/namespace-cache.ts";
import type { BlockDoors } from "../../rpc/namespaced-client.ts";
import type { Forwarder } from "../../rpc/http/forward/forwarder.ts";
import { checkOrigins } from "../../rpc/http/check-origins.ts";
import { LateEntrance } from "../../rpc/late-entrance.ts";
import { namesOfHost, openPort } from "../../rpc/open-port.ts";
import type { Certificate } from "../../rpc/secure-sockets.ts";
import { type GatewayLimits, gatewayLimits } from "./limits.ts";
import type { Connect } from "./upstream.ts";

export interface GatewayOptions {
  readonly registry: Registry;
  /** Makes the clients through which services are called. */
  readonly connect: Connect;
  /** Passes requests on to services that promise no methods. @default there is nothing to call in them */
  readonly openForwarder?: () => Promise<Forwarder>;
  /** @default { host: "127.0.0.1", port: 8080 }; port 0 takes a free one */
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
  /** What differs from `gatewayLimits`. @default {} */
  readonly limits?: Partial<GatewayLimits>;
  /** The version that the front page names. @default "0.0.0" */
  readonly version?: string;
  /** @default lines on standard output */
  readonly log?: Logger;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Disposing it takes no new calls, waits for those that run (within `drainMs`) and ends streams with an event. */
export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:8080`; with a certificate `https`. */
  readonly url: string;
  readonly port: number;
}

/**
 * Opens the front door; resolves when it listens. The first connection waits until the services are known that are
 * there.
 * @throws {ReefError} `already_exists` when the port is taken; `invalid_argument` for a bad origin
 */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { hosts = [], origins = [], log = createLogger(), clock = systemClock } = options;
  const { host = "127.0.0.1", port = 8080 } = options.listen ?? {};
  const limits = { ...gatewayLimits, ...options.limits };
  checkOrigins(origins);
  const entrance = new LateEntrance({
    async load({ signal }) {
      const { openDoor } = await import("./door.ts");
      const names = [...hosts, ...namesOfHost(host)];
      return await openDoor({ ...options, hosts: names, origins, limits, log, clock, signal });
    },
    clock,
    log,
  });
  const bound = await openPort({
    host,
    port,
    versions: ["http1"],
    certificate: options.certificate,
    connectionsMax: limits.connectionsMax,
    // As HTTP is: who has asked may say that nothing more comes, and still reads.
    allowHalfOpen: true,
    clock,
    welcome: (socket, version) => entrance.welcome(socket, version),
  });
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    const { left } = bound.close();
    const door = await entrance.end();
    await door?.close(left);
    await left;
  }
  log.info(`The gateway listens on ${bound.url}`, { port: bound.port });
  return {
    url: bound.url,
    port: bound.port,
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
}
