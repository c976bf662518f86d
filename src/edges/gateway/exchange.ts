/** One request with its answer: who it is, what was sent, and whether its client is still there. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Clock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { requestIdOf } from "./call-terms.ts";
import type { GatewayLimits } from "./limits.ts";
import { problemContentType, problemFrom, refusal } from "./problem.ts";
import { type BodyReading, checkLength, hasBody, readBody } from "./read-body.ts";

/** What all exchanges of a gateway share. */
export interface ExchangeHost {
  readonly limits: GatewayLimits;
  readonly log: Logger;
  readonly clock: Clock;
  readonly freshRequestId: () => string;
  /** The gateway stops: connections end with their answer. */
  readonly draining: boolean;
}

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly startedMs: number;
  /** Set once the guard knows that a page of this origin may read the answer. */
  origin: string | undefined = undefined;
  /** Its answer is a stream, which lasts until somebody ends it. */
  streaming = false;
  /** What the call failed with, for the log. */
  failure: ReefError | undefined = undefined;
  readonly #host: ExchangeHost;
  /** The client waits for "100 Continue" before it sends the body. */
  #waitsForContinue: boolean;
  #leaving: AbortController | undefined;
  /** While the body is awaited: bytes that the socket had brought, and since when there were no more. */
  #body: { bytes: number; sinceMs: number } | undefined;

  constructor(
    host: ExchangeHost,
    request: IncomingMessage,
    response: ServerResponse,
    options: { waitsForContinue: boolean },
  ) {
    this.#host = host;
    this.request = request;
    this.response = response;
    this.#waitsForContinue = options.waitsForContinue;
    this.requestId = requestIdOf(request, host.freshRequestId);
    this.startedMs = host.clock.monotonicMs();
  }

  /** Fires when the client leaves before its answer is complete, or the gateway cannot wait any longer. */
  get signal(): AbortSignal {
    this.#leaving ??= new AbortController();
    return this.#leaving.signal;
  }

  /** Nobody waits for the answer any more. */
  leave(reason: ReefError): void {
    this.#leaving ??= new AbortController();
    this.#leaving.abort(reason);
  }

  /** The answer is out, or nobody is there to take it. */
  close(): void {
    const { request, response, requestId, failure } = this;
    const gone = !response.writableFinished;
    if (gone) this.leave(new ReefError("cancelled", "The client has left"));
    const { log, clock } = this.#host;
    log.debug("A request ended", {
      requestId,
      verb: request.method,
      // Without the query, which may hold what no log should.
      path: request.url?.split("?", 1)[0],
      status: gone ? clientGone : response.statusCode,
      ms: clock.monotonicMs() - this.startedMs,
      ...(failure && { code: failure.code }),
    });
  }

  /** Takes the body if it is one that we want; while it comes, `checkBody` looks after the client. */
  async body(options: BodyReading): Promise<Buffer> {
    checkLength(this.request, options.bodyBytesMax);
    if (this.#waitsForContinue) this.response.writeContinue();
    this.#waitsForContinue = false;
    this.#body = { bytes: this.request.socket.bytesRead, sinceMs: this.#host.clock.monotonicMs() };
    try {
      return await readBody(this.request, options);
    } finally {
      this.#body = undefined;
    }
  }

  /** Gives up on a body of which nothing has come for `bodyIdleMs`. */
  checkBody(): void {
    if (!this.#body) return;
    const { clock, limits } = this.#host;
    const { bytesRead } = this.request.socket;
    const nowMs = clock.monotonicMs();
    if (bytesRead > this.#body.bytes) this.#body = { bytes: bytesRead, sinceMs: nowMs };
    if (nowMs - this.#body.sinceMs < limits.bodyIdleMs) return;
    const text = `Cannot wait for the body: nothing came for ${limits.bodyIdleMs} ms`;
    this.fail(refusal("body_timeout", text));
  }

  /** The headers that every answer has. */
  head(contentType: string | undefined, more?: OutgoingHttpHeaders): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = {
      "x-request-id": this.requestId,
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    };
    if (contentType !== undefined) headers["content-type"] = contentType;
    if (this.origin !== undefined) {
      headers["access-control-allow-origin"] = this.origin;
      headers["access-control-expose-headers"] = "x-request-id, retry-after, allow";
      headers["vary"] = "origin";
    }
    if (this.#host.draining) headers["connection"] = "close";
    return more ? Object.assign(headers, more) : headers;
  }

  /** The whole answer at once. */
  send(status: number, contentType: string, body: Buffer | string): void {
    const headers = this.head(contentType);
    headers["content-length"] = Buffer.byteLength(body);
    this.response.writeHead(status, headers).end(body);
    this.#watchReader();
  }

  /** An answer without a body. */
  sendEmpty(status: number, headers?: OutgoingHttpHeaders): void {
    this.response.writeHead(status, this.head(undefined, headers)).end();
  }

  /** Answers with a problem, or cuts the answer off when its head has left already. */
  fail(thrown: unknown): void {
    const error = ReefError.from(thrown);
    const { response, request } = this;
    this.failure = error;
    if (response.destroyed || response.writableEnded) return;
    const { problem, headers } = problemFrom(error, this.requestId);
    if (problem.status >= 500)
      this.#host.log.error("A call failed", { requestId: this.requestId, error });
    // Only a broken connection tells a client of a half-sent answer that the rest is missing.
    if (response.headersSent) return void response.destroy();
    const body = JSON.stringify(problem);
    const length = { "content-length": Buffer.byteLength(body) };
    const linger = this.#needsLinger() || problem.status === requestTimeout;
    const close = (linger || this.#waitsForContinue) && { connection: "close" };
    response.writeHead(
      problem.status,
      this.head(problemContentType, { ...headers, ...length, ...close }),
    );
    if (!linger) {
      response.end(body);
      this.#watchReader();
      return;
    }
    // The answer is complete for its reader; closing at once would reset the connection under a client that still
    // sends, and it would never see why.
    response.write(request.method === "HEAD" ? "" : body);
    this.#linger();
  }

  /** A client that does not read keeps our memory: it gets `readStallMs` for the next bytes. */
  #watchReader(): void {
    const { socket } = this.response;
    if (socket && socket.writableLength > 0) socket.setTimeout(this.#host.limits.readStallMs);
  }

  /** Whether more of the body may come than is worth taking for the sake of the connection. */
  #needsLinger(): boolean {
    const { request } = this;
    if (request.complete || this.#waitsForContinue || !hasBody(request)) return false;
    if (request.headers["transfer-encoding"] !== undefined) return true;
    return Number(request.headers["content-length"]) > this.#host.limits.bodyBytesMax;
  }

  #linger(): void {
    const { request, response } = this;
    let taken = 0;
    const timer = this.#host.clock.after(lingerMs, end, { background: true });
    request.on("data", (chunk: Buffer) => {
      taken += chunk.length;
      if (taken > lingerBytesMax) end();
    });
    request.on("end", end);
    request.on("error", end);
    request.resume();
    function end(): void {
      timer.cancel();
      response.end();
      if (!request.complete) response.socket?.destroySoon();
    }
  }
}

/** nginx's number, only ever seen in logs: the answer had no reader. */
const clientGone = 499;

/** Its body will never be complete, so the connection is of no more use. */
const requestTimeout = 408;

/** What is thrown away of a body that was refused, so that the refusal is read. */
const lingerMs = 2_000;
const lingerBytesMax = 33_554_432;
