/** The entrance to a server for everybody who speaks HTTP: gRPC, gRPC-Web, Connect, over either version of it. */
import { createServer, type Server as Http1Server } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";

import type { Clock } from "../../core/clock.ts";
import type { DeadlineSweep } from "../../core/deadline.ts";
import { ReefError } from "../../core/errors.ts";
import type { Entrance, HttpVersion } from "../late-entrance.ts";
import { refused } from "../wire/server-failures.ts";
import type { Exchange, ExchangeOwner } from "./exchange.ts";
import type { Health } from "./health.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Sessions } from "./http2-sessions.ts";
import { Http2Exchange } from "./http2-exchange.ts";
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
  readonly limits?: Partial<GrpcLimits>;
  /** Called when a call has ended and no other is under way, and when a connection has ended. */
  readonly onIdle: () => void;
}

export class HttpEntrance implements Entrance, ExchangeOwner {
  readonly #requests: RequestServer;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #sessions: Http2Sessions;
  readonly #sockets = new Set<Socket>();
  readonly #health: Pick<Health, "drain">;
  readonly #onIdle: () => void;
  #active = 0;
  #draining = false;

  constructor({ routes, health, deadlines, clock, onIdle, ...options }: HttpEntranceOptions) {
    const limits: GrpcLimits = { ...grpcLimits, ...options.limits };
    this.#health = health;
    this.#onIdle = onIdle;
    this.#requests = new RequestServer({
      routes,
      host: { deadlines, clock, limits, writer: new MessageWriter() },
      guard: new PageGuard(options),
      refusal: () => this.#refusal(),
    });
    this.#sessions = new Http2Sessions(limits, clock);
    this.#http1 = createHttp1(limits);
    this.#http1.on("request", (request, response) => {
      const local = request.socket.remoteAddress === undefined;
      this.#serve(new Http1Exchange(request, response), local);
    });
    this.#http2 = createHttp2(limits);
    // Of a server they are a server's, which its types do not say.
    this.#http2.on("session", (session) => this.#sessions.add(session as ServerHttp2Session));
    this.#http2.on("stream", (stream, headers, _flags, raw) => {
      // Until its caller has confirmed our SETTINGS, Node lets more pass.
      if (bytesOf(raw) <= limits.headerBytes) this.#onStream(stream as ServerHttp2Stream, headers);
      else (stream as ServerHttp2Stream).respond({ ":status": 431 }, { endStream: true });
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
    (version === "http1" ? this.#http1 : this.#http2).emit("connection", socket);
    // It came while everybody was leaving.
    if (this.#draining) this.drain();
  }

  /** Calls under way go on; new ones are refused, and their callers told to go elsewhere. */
  drain(): void {
    this.#draining = true;
    this.#health.drain();
    this.#sessions.drain();
    this.#http1.closeIdleConnections();
    // What is answered from now on is not kept for another request.
    this.#http1.keepAliveTimeout = 1;
  }

  /** Cancels what is under way and lets go of everybody. */
  close(): void {
    this.#draining = true;
    this.#sessions.close();
    // It never listened, as its callback would hear; this ends its timers.
    this.#http1.close(ignore);
    for (const socket of this.#sockets) socket.destroy();
  }

  onOver(exchange: Exchange, brokenOff: boolean): void {
    this.#active -= 1;
    // A caller over HTTP/1.1 that leaves has closed its connection.
    if (brokenOff && exchange instanceof Http2Exchange && exchange.session) {
      this.#sessions.brokenOff(exchange.session);
    }
    if (this.#active === 0) this.#onIdle();
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const exchange = new Http2Exchange(stream, headers);
    const { session } = exchange;
    this.#serve(exchange, session !== undefined && this.#sessions.isLocal(session));
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

function createHttp2(limits: GrpcLimits): Http2Server {
  return createHttp2Server({
    settings: {
      maxConcurrentStreams: limits.streams,
      maxHeaderListSize: limits.headerBytes,
      enablePush: false,
    },
    maxHeaderListPairs: limits.headers,
    maxSessionMemory: limits.sessionMegabytes,
    maxSessionInvalidFrames: limits.errors,
    maxSessionRejectedStreams: limits.errors,
    // Our own count says why; this one is for so many in one piece that nobody can count them in time.
    streamResetBurst: 8 * limits.resets,
    streamResetRate: 8 * limits.resetsPerSecond,
  });
}

/** As HTTP/2 counts headers, but for what each costs beside its text. */
function bytesOf(raw: readonly string[]): number {
  let bytes = 0;
  for (const text of raw) bytes += text.length;
  return bytes;
}

function ignore(): void {}
