/** The listening end of the gateway: connections, their limits, the requests under way, and how all of it stops. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Clock, sleep, type Timer } from "../../core/clock.ts";
import type { Logger } from "../../core/log.ts";
import type { Doorkeeper } from "../../rpc/doorkeeper.ts";
import { asksForWebSocket } from "../../rpc/http/asks-for-web-socket.ts";
import type { Entrance } from "../../rpc/late-entrance.ts";
import type { Forwarder } from "../../rpc/http/forward/forwarder.ts";
import { newTrace } from "../../rpc/trace.ts";
import { refuseMessage } from "./bad-request.ts";
import { blockUpstreams } from "./block-upstreams.ts";
import { CallQuotas } from "../../rpc/call-quotas.ts";
import type { NamespaceCache } from "../../rpc/namespace-cache.ts";
import { Places } from "../../rpc/places.ts";
import { homeNamespace } from "../../core/namespace-access.ts";
import { Catalog } from "./catalog.ts";
import { Connection } from "./connection.ts";
import { Exchange } from "./exchange.ts";
import type { GatewayOptions } from "./gateway.ts";
import { Guard } from "./guard.ts";
import { type GatewayLimits, sweepMs } from "./limits.ts";
import { OpenApiPages } from "./open-api-pages.ts";
import { refusal } from "../../rpc/http/problem.ts";
import { BranchCatalog, type ServedCatalog } from "./served-catalog.ts";
import { serve, type ServeHost } from "./serve.ts";
import { SocketAcceptor } from "./socket-acceptor.ts";
import { takeTermsFromQuery, upgrade } from "./upgrade.ts";

export interface DoorOptions extends Omit<GatewayOptions, "listen"> {
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  readonly limits: GatewayLimits;
  readonly log: Logger;
  readonly clock: Clock;
  /** Ends the opening. */
  readonly signal: AbortSignal;
}

/** Resolves when everything that is there now can be called. */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const { registry, connect, openForwarder, doorkeeper, blocks, version = "0.0.0" } = options;
  const { hosts, certificate, origins, limits, log, clock, signal } = options;
  assert(doorkeeper || !blocks, "blocks need somebody who says who may call them");
  await using opening = new AsyncDisposableStack();
  const guard = new Guard({ hosts, certificate, origins, ...limits });
  const upstreams = blocks && blockUpstreams(blocks);
  function create(namespace: string): Catalog {
    return new Catalog({ registry, connect, blocks: upstreams, namespace, log, clock });
  }
  // Until the door has it.
  const home = opening.use(create(homeNamespace));
  await home.open({ signal });
  const forwarder = openForwarder && opening.use(await openForwarder());
  const { namespaces } = options;
  const known = { limits, log, clock, guard, doorkeeper, forwarder, version };
  return new Door({ ...known, home, create, namespaces, owned: opening.move() });
}

interface DoorParts {
  readonly limits: GatewayLimits;
  readonly log: Logger;
  readonly clock: Clock;
  /** The home, which is open; and how another namespace is opened. */
  readonly home: Catalog;
  readonly create: (namespace: string) => Catalog;
  readonly namespaces: NamespaceCache | undefined;
  readonly guard: Guard;
  readonly doorkeeper: Doorkeeper | undefined;
  readonly forwarder: Forwarder | undefined;
  readonly version: string;
  /** What it stands on. */
  readonly owned: AsyncDisposable;
}

export class Door implements Entrance {
  readonly #host: ServeHost;
  readonly #places: AsyncDisposable;
  readonly #state = { draining: false };
  readonly #server: Server;
  /**
   * Requests under way, each at its `slot`. Not a Set: under churn V8 keeps a Set's old tables alive through each
   * other, and with them half of all requests until the next full collection; that cost a quarter of the throughput.
   */
  readonly #exchanges: Exchange[] = [];
  readonly #connections = new WeakMap<Duplex, Connection>();
  /** Sockets that were told why they are closed; the parser reports each of their later packets again. */
  readonly #refused = new WeakSet<Duplex>();
  readonly #owned: AsyncDisposable;
  #sweep: Timer | undefined;

  constructor({ owned, ...options }: DoorParts) {
    this.#owned = owned;
    const load = { requests: 0, streams: 0 };
    const acceptor = new SocketAcceptor(options.limits);
    const meters = { meter: { bodyBytes: 0 }, messages: { bodyBytes: 0 } };
    const { home, create, namespaces, version, doorkeeper, clock } = options;
    const quotas = namespaces && new CallQuotas(namespaces, clock);
    // What all places share; each has a host of its own that looks here.
    const state = this.#state;
    const hostOf = (catalog: ServedCatalog): ServeHost => ({
      ...options,
      ...meters,
      acceptor,
      load,
      quotas,
      catalog,
      openApi: new OpenApiPages(catalog, { version, isGuarded: doorkeeper !== undefined }),
      get draining() {
        return state.draining;
      },
      get places() {
        return places;
      },
    });
    const places: Places<Catalog, ServeHost> = new Places({
      home,
      create,
      namespaces,
      clock,
      viewOf: ([own, ...bases]) =>
        hostOf(bases.length > 0 ? new BranchCatalog([own, ...bases]) : own),
    });
    this.#places = places;
    this.#host = places.home;
    this.#server = createServer(parserOptions(options.limits));
    // Node would drop the headers beyond its own limit silently; the guard refuses them.
    this.#server.maxHeadersCount = 0;
    this.#server.on("request", (request, response) => {
      void serve(this.#begin(request, response, false), this.#host);
    });
    this.#server.on("checkContinue", (request, response) => {
      void serve(this.#begin(request, response, true), this.#host);
    });
    this.#server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
      const text = `Cannot meet the expectation "${request.headers.expect}"`;
      this.#begin(request, response, false).fail(refusal("unmet_expectation", text));
    });
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      void upgrade(this.#beginUpgrade(request, socket), head, this.#host);
    });
    this.#server.on("clientError", (error, socket) => this.#refuse(error, socket));
    // It never listens itself, and only with this does Node begin to look at the time limits of its connections.
    this.#server.emit("listening");
    this.#sweepLater();
  }

  /** Serves a connection of which nothing was read. */
  welcome(socket: Socket): void {
    this.#server.emit("connection", socket);
    // It was paused until somebody is there to hear it.
    socket.resume();
  }

  /** Node gives the connection away and makes no answer for it, but most that is said to such a request is HTTP. */
  #beginUpgrade(request: IncomingMessage, socket: Duplex): Exchange {
    takeTermsFromQuery(request);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(request.socket);
    response.once("finish", () => request.socket.destroySoon());
    socket.on("error", () => socket.destroy());
    return this.#begin(request, response, false, socket);
  }

  /** It is over with `lasting`. */
  #begin(
    request: IncomingMessage,
    response: ServerResponse,
    waitsForContinue: boolean,
    lasting: ServerResponse | Duplex = response,
  ): Exchange {
    const connection = this.#connectionOf(request.socket);
    const exchange = new Exchange(this.#host, connection, request, response, waitsForContinue);
    exchange.slot = this.#exchanges.push(exchange) - 1;
    this.#host.load.requests += 1;
    lasting.once("close", () => this.#finish(exchange));
    return exchange;
  }

  #connectionOf(socket: Socket): Connection {
    const known = this.#connections.get(socket);
    if (known) return known;
    const connection = new Connection(socket);
    this.#connections.set(socket, connection);
    return connection;
  }

  #finish(exchange: Exchange): void {
    this.#remove(exchange);
    this.#host.load.requests -= 1;
    this.#host.meter.bodyBytes -= exchange.bodyBytes;
    exchange.close();
    // A connection whose answer had said nothing about closing is idle now, and would hold up the end.
    if (this.#host.draining) this.#server.closeIdleConnections();
  }

  /** The last one takes the free slot. */
  #remove(exchange: Exchange): void {
    const last = this.#exchanges.pop();
    if (!last || last === exchange) return;
    last.slot = exchange.slot;
    this.#exchanges[exchange.slot] = last;
  }

  #refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
    // It is being told; what it still sends is read and forgotten, so that it gets to reading.
    if (this.#refused.has(socket)) return;
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy(error);
    this.#refused.add(socket);
    // An answer before or in the middle of that of an earlier request would be taken for it.
    for (const { request, response } of this.#exchanges) {
      if (request.socket !== socket) continue;
      if (request.complete || response.headersSent) return void socket.destroy(error);
    }
    const { clock, log } = this.#host;
    const requestId = newTrace().traceId;
    log.debug("A message was refused", { requestId, reason: error.code });
    refuseMessage(socket, error, { requestId, clock });
  }

  /** Ends bodies that have stopped coming; one timer for all of them. */
  #sweepLater(): void {
    const { clock } = this.#host;
    this.#sweep = clock.after(sweepMs, () => this.#sweepNow(), { background: true });
  }

  #sweepNow(): void {
    for (const exchange of this.#exchanges) exchange.check();
    this.#sweepLater();
  }

  /** Takes no new calls, waits for those that run, and is over when `left` says that no connection is left. */
  async close(left: Promise<void>): Promise<void> {
    await this.#drain(left);
    // Its callback would hear that it never listened; this ends its timers.
    this.#server.close(ignore);
    await this.#places[Symbol.asyncDispose]();
    await this.#owned[Symbol.asyncDispose]();
  }

  async #drain(left: Promise<void>): Promise<void> {
    const { limits, clock, log } = this.#host;
    this.#state.draining = true;
    this.#sweep?.cancel();
    this.#server.closeIdleConnections();
    const goingAway = refusal("going_away", "The gateway stops; connect again");
    for (const exchange of this.#exchanges) if (exchange.streaming) exchange.leave(goingAway);
    if (await settledWithin(left, limits.drainMs, clock)) return;
    log.warn("The gateway stops while calls run", { calls: this.#exchanges.length });
    for (const exchange of this.#exchanges) exchange.leave(goingAway);
    if (await settledWithin(left, lastWordMs, clock)) return;
    this.#server.closeAllConnections();
    // Those that have changed their protocol are not among them.
    for (const { request } of this.#exchanges) request.socket.destroy();
    await left;
  }
}

/** For the answer of a call that was given up to leave. */
const lastWordMs = 500;

function parserOptions(limits: GatewayLimits) {
  return {
    // Said aloud because everything here relies on it: no leniency about where a message ends.
    insecureHTTPParser: false,
    // The guard asks for it, and answers with a problem where node would answer nothing.
    requireHostHeader: false,
    // Two of what may be there once are wrong, be it `authorization`: a proxy in front may have looked at the other
    // one.
    joinDuplicateHeaders: true,
    shouldUpgradeCallback: asksForWebSocket,
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    // Node knows one limit for all, and bodies that are streams have none: `Exchange.check` keeps that of the
    // others.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: sweepMs,
  };
}

async function settledWithin(
  done: Promise<void>,
  withinMs: number,
  clock: Clock,
): Promise<boolean> {
  const waited = new AbortController();
  const timer = sleep(withinMs, { clock, signal: waited.signal }).then(
    () => false,
    () => true,
  );
  void done.then(() => waited.abort());
  return timer;
}

function ignore(): void {}
