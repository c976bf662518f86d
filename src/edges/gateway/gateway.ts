/**
 * The HTTP front door: `POST /<service>/<method>` with JSON, the contracts' own bindings, streams as server-sent
 * events, lines of JSON or a WebSocket. docs/http.md is its promise.
 *
 * It stands on `node:http` and its strict parser, which has been attacked for longer than anything we could write. All
 * limits in time and number are in `limits.ts`; the life of one request is in `serve.ts`.
 */
import type { Registry } from "../../blocks/registry/index.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { createLogger, type Logger } from "../../core/log.ts";
import type { Doorkeeper } from "../../rpc/doorkeeper.ts";
import type { Forwarder } from "../../rpc/http/forward/forwarder.ts";
import { Catalog } from "./catalog.ts";
import { Door } from "./door.ts";
import { Guard } from "./guard.ts";
import { type GatewayLimits, gatewayLimits } from "./limits.ts";
import type { Connect } from "./upstream.ts";

export interface GatewayOptions {
  readonly registry: Registry;
  /** Makes the clients through which services are called. */
  readonly connect: Connect;
  /** Passes requests on to services that promise no methods. @default there is nothing to call in them */
  readonly forwarder?: Forwarder;
  /** @default { host: "127.0.0.1", port: 8080 }; port 0 takes a free one */
  readonly listen?: { readonly host?: string; readonly port?: number };
  /** Names by which clients may call it, beside the loopback names and the address that it listens on. @default [] */
  readonly hosts?: readonly string[];
  /** Sites whose pages may call: `https://shop.example`. @default [] */
  readonly origins?: readonly string[];
  /** Says who may call what. @default everybody may call everything */
  readonly doorkeeper?: Doorkeeper;
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
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
}

/** Services of this namespace are reachable; the platform's blocks are in another. */
const namespace = "default";

/**
 * Opens the front door; resolves when it listens and knows the services that are there.
 * @throws {ReefError} `already_exists` when the port is taken; `invalid_argument` for a bad origin
 */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { registry, connect, forwarder, doorkeeper } = options;
  const { hosts = [], origins = [], version = "0.0.0" } = options;
  const { log = createLogger(), clock = systemClock } = options;
  const { host = "127.0.0.1", port = 8080 } = options.listen ?? {};
  const limits = { ...gatewayLimits, ...options.limits };
  const guard = new Guard({ hosts: [...hosts, hostName(host)], origins, ...limits });
  await using opening = new AsyncDisposableStack();
  const catalog = opening.use(new Catalog({ registry, connect, namespace, log, clock }));
  await catalog.open();
  const door = opening.use(
    new Door({ limits, log, clock, catalog, guard, doorkeeper, forwarder, version }),
  );
  const bound = await door.listen(host, port);
  const opened = opening.move();
  log.info(`The gateway listens on http://${hostName(host)}:${bound}`, { port: bound });
  return {
    url: `http://${hostName(host)}:${bound}`,
    port: bound,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** An IPv6 address as URLs write it. */
function hostName(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
