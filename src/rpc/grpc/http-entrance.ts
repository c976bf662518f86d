/** The entrance to a server for everybody who speaks HTTP: gRPC, gRPC-Web, Connect, over either version of it. */
import { createServer, type Server as Http1Server } from "node:http";
import type { Socket } from "node:net";

import type { Clock } from "../../core/clock.ts";
import type { DeadlineSweep } from "../../core/deadline.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { Http2Server } from "../http2/http2-server.ts";
import type { Entrance, HttpVersion } from "../late-entrance.ts";
import { refused } from "../wire/server-failures.ts";
import type { Exchange, ExchangeOwner } from "./exchange.ts";
import type { Health } from "./health.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { type GrpcLimits, grpcLimits } from "./limits.ts";
import { MessageWriter } from "./message-bytes.ts";
import { PageGuard, type PageGuardOptions } from "./page-guard.ts";
import type { RouteFinder } from "./proto-routes.ts";
import { RequestServer } from "./request-server.ts";

export interface HttpEntranceOptions extends PageGuardOptions {
  readonly routes: RouteFinder;
  /** Told when the entrance drains. */
  readonly health: Pick<Health, "drain">;
  readonly deadlines: DeadlineSweep;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: Partial<GrpcLimits>;
  /** Called when a call has ended and no other is under way, and when a connection has ended. */
  readonly onIdle: () => void;
}

export class HttpEntrance implements Entrance, ExchangeOwner {
  readonly #requests: RequestServer;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #sockets = new Set<Socket>();
  readonly #health: Pick<Health, "drain">;
  readonly #onIdle: () => void;
  #active = 0;
  #draining = false;

  constructor({ routes, health, deadlines, clock, log, onIdle, ...options }: HttpEntranceOptions) {
    const limits: GrpcLimits = { ...grpcLimits, ...options.limits };
    this.#health = health;
    this.#onIdle = onIdle;
    this.#requests = new RequestServer({
      routes,
      host: { deadlines, clock, limits, writer: new MessageWriter() },
      guard: new PageGuard(options),
      refusal: () => this.#refusal(),
    });
    this.#http1 = createHttp1(limits);
    this.#http1.on("request", (request, response) => {
      const local = request.socket.remoteAddress === undefined;
      this.#serve(new Http1Exchange(request, response), local);
    });
    this.#http2 = new Http2Server({
      limits,
      clock,
      log,
      serve: (exchange, local) => this.#serve(exchange, local),
    });
  }

  /** Calls under way, and answers that are still being written. */
  get active(): number {
    return this.#active;
  }

  /** Connections that have not ended. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Serves a connection whose first bytes, still unread, are those of a request. */
  welcome(socket: Socket, version: HttpVersion): void {
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#onIdle();
    });
    if (version === "http1") this.#http1.emit("connection", socket);
    else this.#http2.welcome(socket);
    // It came while everybody was leaving.
    if (this.#draining) this.drain();
  }

  /** Calls under way go on; new ones are refused, and their callers told to go elsewhere. */
  drain(): void {
    this.#draining = true;
    this.#health.drain();
    this.#http2.drain();
    this.#http1.closeIdleConnections();
    // What is answered from now on is not kept for another request.
    this.#http1.keepAliveTimeout = 1;
  }

  /** Cancels what is under way and lets go of everybody. */
  close(): void {
    this.#draining = true;
    this.#http2.close();
    // It never listened, as its callback would hear; this ends its timers.
    this.#http1.close(ignore);
    for (const socket of this.#sockets) socket.destroy();
  }

  onOver(): void {
    this.#active -= 1;
    if (this.#active === 0) this.#onIdle();
  }

  #serve(exchange: Exchange, local: boolean): void {
    this.#active += 1;
    exchange.owner = this;
    this.#requests.serve(exchange, local);
  }

  #refusal(): ReefError | undefined {
    return this.#draining ? refused("unavailable", "this node is shutting down") : undefined;
  }
}

function createHttp1(limits: GrpcLimits): Http1Server {
  const server = createServer({
    // Two of what may be there once are wrong, be it `authorization`: a proxy in front may have looked at the other
    // one.
    joinDuplicateHeaders: true,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headMs,
    requestTimeout: limits.uploadMs,
    keepAliveTimeout: limits.idleMs,
    // How often Node looks whether one of them has passed.
    connectionsCheckingInterval: Math.min(limits.headMs, 5_000),
  });
  server.maxHeadersCount = limits.headers;
  // It never listens itself, and only with this does Node begin to look at the time limits of its connections.
  server.emit("listening");
  return server;
}

function ignore(): void {}
