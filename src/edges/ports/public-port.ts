/** One port that belongs to the platform: what comes there is a program's, whichever process that is just now. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import { type Clock, sleep } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { peekToken } from "../../core/peek-token.ts";
import { bearerToken, type Doorkeeper, type Known, programResource } from "../../rpc/doorkeeper.ts";
import type { Place } from "../../rpc/doorkeeper/decisions.ts";
import type { Visitor } from "../../rpc/doorkeeper/wrong-tokens.ts";
import { asksForWebSocket } from "../../rpc/http/asks-for-web-socket.ts";
import { checkTransfer } from "../../rpc/http/check-transfer.ts";
import type { Target } from "../../rpc/http/forward/find-place.ts";
import type { Forwarder } from "../../rpc/http/forward/forwarder.ts";
import type { HostNames } from "../../rpc/http/host-names.ts";
import { problemMessage } from "../../rpc/http/problem-message.ts";
import { problemContentType, problemFrom, refusal } from "../../rpc/http/problem.ts";
import { newTrace } from "../../rpc/trace.ts";
import type { PortLimits } from "./limits.ts";

export interface PublicPortOptions {
  readonly host: string;
  readonly port: number;
  readonly target: Target;
  readonly forwarder: Forwarder;
  readonly hosts: HostNames;
  /** Says who may come. @default everybody may */
  readonly doorkeeper?: Doorkeeper | undefined;
  readonly limits: PortLimits;
  readonly clock: Clock;
  readonly log: Logger;
}

export class PublicPort implements AsyncDisposable {
  readonly #options: PublicPortOptions;
  readonly #server: Server;
  /** Those whose connection is not the server's any more. */
  readonly #upgraded = new Set<Duplex>();

  constructor(options: PublicPortOptions) {
    const { limits } = options;
    this.#options = options;
    this.#server = createServer({
      // Said aloud because everything here relies on it: no leniency about where a message ends.
      insecureHTTPParser: false,
      // `HostNames` asks for it, and answers with a problem.
      requireHostHeader: false,
      shouldUpgradeCallback: asksForWebSocket,
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      // Bodies and answers are streams; `quietMs` ends those that do not move.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveMs,
    });
    this.#server.maxConnections = limits.clientsMax;
    const serve = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#serve(request, response);
    this.#server.on("request", serve);
    // "100 Continue" is said once the program is there to take the body.
    this.#server.on("checkContinue", serve);
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      void this.#upgrade(request, socket, head);
    });
  }

  /** @throws {ReefError} `already_exists` when the port is taken, `unavailable` when it cannot be had otherwise */
  async listen(): Promise<void> {
    const { host, port, target } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error) => reject(cannotListen(port, target, error)));
      this.#server.listen(port, host, resolve);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { clock, limits } = this.#options;
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    await Promise.race([closed, sleep(limits.drainMs, { clock, background: true })]);
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) left.abort(clientLeft());
    });
    try {
      const { forwarder, target } = this.#options;
      const path = this.#admit(request);
      const known = await this.#letIn(request);
      const caller = known?.account;
      await forwarder.forward({ target, request, path, caller, signal: left.signal }, response);
    } catch (thrown) {
      if (response.headersSent || response.destroyed) return void response.destroy();
      const { problem, headers } = problemFrom(this.#told(thrown, request), newTrace().traceId);
      // What is left of its body is not worth taking.
      if (!request.complete) headers.push("connection", "close");
      response.writeHead(problem.status, ["content-type", problemContentType, ...headers]);
      response.end(request.method === "HEAD" ? undefined : JSON.stringify(problem));
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const left = new AbortController();
    this.#upgraded.add(socket);
    socket.once("close", () => {
      this.#upgraded.delete(socket);
      left.abort(clientLeft());
    });
    socket.on("error", ignore);
    try {
      const { forwarder, target } = this.#options;
      const path = this.#admit(request);
      const known = await this.#letIn(request);
      const caller = known?.account;
      using held = new DisposableStack();
      held.use(this.#options.doorkeeper?.hold(known, this.#place, () => socket.destroy()));
      const one = { target, request, path, caller, signal: left.signal };
      await forwarder.upgrade(one, socket, head);
    } catch (thrown) {
      socket.end(problemMessage(this.#told(thrown, request), newTrace().traceId));
    }
  }

  /** @throws {ReefError} a refusal */
  #admit({ headers, headersDistinct, httpVersionMinor, url = "" }: IncomingMessage): string {
    // We look at the first of them, a program perhaps at the last.
    for (const name of ["host", "authorization"]) {
      if ((headersDistinct[name]?.length ?? 0) < 2) continue;
      throw refusal("bad_request", `Cannot read the request: "${name}" is there twice`);
    }
    this.#options.hosts.check(headers.host);
    checkTransfer(headers["transfer-encoding"], httpVersionMinor);
    if (/^\/[\x21-\x7e]*$/.test(url)) return url;
    throw refusal("bad_path", "Cannot read the path: it begins with a slash and is ASCII");
  }

  get #place(): Place {
    const { namespace, service } = this.#options.target;
    return { namespace, resource: programResource(service) };
  }

  /**
   * An `Authorization` that is none of the platform's is the program's own matter: whoever shows it is nobody known
   * here.
   * @throws {ReefError} as `Doorkeeper.identify` and `check`
   */
  async #letIn(request: IncomingMessage): Promise<Known> {
    const { doorkeeper } = this.#options;
    if (!doorkeeper) return undefined;
    const { socket, headers } = request;
    const token = bearerToken(headers.authorization ?? "");
    const isOurs = token !== undefined && peekToken(token) !== undefined;
    const visitor: Visitor = {
      connection: socket,
      cut: () => void socket.destroy(),
      onceGone: (listener) => void socket.once("close", listener),
    };
    const known = await doorkeeper.identify(isOurs ? headers.authorization : undefined, visitor);
    doorkeeper.check(known, this.#place);
    return known;
  }

  #told(thrown: unknown, { method, url }: IncomingMessage): ReefError {
    const error = ReefError.from(thrown);
    const { log, target } = this.#options;
    const path = url?.split("?", 1)[0];
    log.debug("A request was not passed on", { service: target.service, method, path, error });
    return error;
  }
}

function clientLeft(): ReefError {
  return new ReefError("cancelled", "The client has left");
}

function cannotListen(port: number, { service }: Target, cause: NodeJS.ErrnoException): ReefError {
  const taken = cause.code === "EADDRINUSE";
  const rule = taken ? "it is taken; run the service with another --port" : cause.message;
  return new ReefError(
    taken ? "already_exists" : "unavailable",
    `Cannot listen on port ${port} for "${service}": ${rule}`,
    { cause, maybeExecuted: false },
  );
}

/** Its end is told by "close". */
function ignore(): void {}
