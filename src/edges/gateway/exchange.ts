/** One request with its answer: who it is, what was sent, and whether its client is still there. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { LogFields, Logger } from "../../core/log.ts";
import type { Abortable } from "../../rpc/client-call.ts";
import { givenRequestId, traceOf } from "./call-terms.ts";
import type { Trace } from "../../rpc/trace.ts";
import { BodyWatch } from "./body-watch.ts";
import type { Known } from "../../rpc/doorkeeper.ts";
import type { Visitor } from "../../rpc/doorkeeper/wrong-tokens.ts";
import type { Connection } from "./connection.ts";
import type { GatewayLimits } from "./limits.ts";
import { type ProblemAnswer, problemContentType, problemFrom } from "../../rpc/http/problem.ts";
import { besideFields } from "../../rpc/http/beside-headers.ts";
import type { Metadata } from "../../rpc/metadata.ts";
import { LineInputs } from "./line-inputs.ts";
import { type BodyMeter, checkLength, hasBody, readBody } from "./read-body.ts";

/** What all exchanges of a gateway share. */
export interface ExchangeHost {
  readonly limits: GatewayLimits;
  readonly log: Logger;
  readonly clock: Clock;
  /** The gateway stops: connections end with their answer. */
  readonly draining: boolean;
  /** How many there are, but for those that only wait to be refused. */
  readonly load: { requests: number };
}

export class Exchange implements Visitor {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the call belongs to; the log lines of services carry its id. */
  readonly trace: Trace;
  /** What the client calls this request; otherwise it goes by the id of its trace. */
  readonly givenId: string | undefined;
  readonly requestId: string;
  /** Set once the guard knows that a page of this origin may read the answer. */
  origin: string | undefined = undefined;
  /** Whose token it came with, once that was looked at. */
  known: Known = undefined;
  /** In which namespace its call acts; undefined where that is not for its caller to say. */
  namespace: string | undefined = undefined;
  /** Its answer has a validator, so a client may keep it and ask each time whether it still holds. */
  revalidated = false;
  /** Its answer is a stream, which lasts until somebody ends it. */
  streaming = false;
  /** Its connection speaks WebSocket now, and what is said goes there. */
  upgraded = false;
  /** Looks after the client while its body comes, or its WebSocket is open. */
  watch: { check(): void } | undefined = undefined;
  /** Its place in the door's list. */
  slot = 0;
  /** How much of the memory for bodies it holds. */
  bodyBytes = 0;
  /** What the service said with the outcome of its call. */
  trailers: Metadata | undefined = undefined;
  /** What it said beside its answer, as fields of the head: names and values in turn. */
  #headerFields: readonly string[] = nothing;
  #trailerFields: readonly string[] = nothing;
  /** What the call failed with, for the log. */
  failure: ReefError | undefined = undefined;
  readonly #host: ExchangeHost;
  readonly #connection: Connection;
  /** The client waits for "100 Continue" before it sends the body. */
  #waitsForContinue: boolean;
  #reading = false;
  #held: Abortable | undefined;
  #onceGone: (() => void) | undefined;
  /** The body, when it is a stream of inputs. */
  #lines: LineInputs | undefined;

  constructor(
    host: ExchangeHost,
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
    waitsForContinue: boolean,
  ) {
    this.#host = host;
    this.#connection = connection;
    this.request = request;
    this.response = response;
    this.#waitsForContinue = waitsForContinue;
    this.trace = traceOf(request);
    this.givenId = givenRequestId(request);
    this.requestId = this.givenId ?? this.trace.traceId;
  }

  /** Fires when the client leaves, or the gateway cannot wait any longer. */
  get signal(): AbortSignal {
    return this.#connection.signal;
  }

  get connection(): object {
    return this.#connection;
  }

  /** Ends the connection without a word. */
  cut(): void {
    // Node would make an error for it, and write its stack down.
    this.request.destroyed = true;
    this.request.socket.destroy();
  }

  onceGone(listener: () => void): void {
    this.#onceGone = listener;
  }

  /** Its call, given up with the connection until `release`. */
  hold(call: Abortable): void {
    this.#held = call;
    this.#connection.hold(call);
  }

  release(): void {
    if (this.#held) this.#connection.release(this.#held);
    this.#held = undefined;
  }

  /** Those who wait to be refused must not have the places of others. */
  held(change: 1 | -1): void {
    this.#host.load.requests -= change;
  }

  /** Gives the call up; the connection ends with what is said about it. */
  leave(reason: ReefError): void {
    this.#connection.leave(reason);
  }

  /** The answer is out, or nobody is there to take it. What went well is not worth a line for each request. */
  close(): void {
    const { request, response, requestId, failure } = this;
    this.#onceGone?.();
    if (!request.socket.destroyed && (!request.complete || this.#connection.hasLeft))
      this.#discard();
    const gone = !response.writableFinished && !this.upgraded;
    if (!gone && failure === undefined) return;
    this.#host.log.debug(gone ? "A client left before its answer" : "A request was refused", {
      requestId,
      verb: request.method,
      // Without the query, which may hold what no log should.
      path: request.url?.split("?", 1)[0],
      status: gone ? clientGone : response.statusCode,
      ...(failure && { code: failure.code }),
    });
  }

  /** Takes the body if it is one that we want; while it comes, `check` looks after the client. */
  body(all: BodyMeter, { binary = false } = {}): Promise<Buffer> {
    const { bodyBytesMax, bodiesBytesMax } = this.#host.limits;
    checkLength(this.request, bodyBytesMax);
    this.#beginReading();
    return readBody(this.request, { bodyBytesMax, bodiesBytesMax, all, own: this, binary });
  }

  /** The body as a stream of inputs, however long it is and lasts. */
  lines(all: BodyMeter): AsyncIterable<Buffer> {
    const { bodyBytesMax, bodiesBytesMax } = this.#host.limits;
    this.#beginReading();
    const refuse = (reason: ReefError): void => this.leave(reason);
    const options = { bodyBytesMax, bodiesBytesMax, all, own: this, refuse };
    this.#lines = new LineInputs(this.request, options);
    return this.#lines;
  }

  #beginReading(): void {
    if (this.#waitsForContinue) {
      this.#waitsForContinue = false;
      this.response.writeContinue();
    }
    this.#reading = true;
  }

  /** Gives up on a client that does not get on with what it began. Few requests live to see the sweep that asks. */
  check(): void {
    if (!this.watch && this.#reading) this.watch = this.#watchBody();
    this.watch?.check();
  }

  #watchBody(): BodyWatch {
    const { request } = this;
    const lines = this.#lines;
    const refuse = (reason: ReefError): void => {
      // A call that runs already says it itself.
      if (lines) this.leave(reason);
      else if (!this.failure) this.fail(reason);
    };
    return new BodyWatch({ request, lines, refuse, ...this.#host });
  }

  /** The service says something beside its answer. What no head has room for is left out, as the log says. */
  hear(kind: "headers" | "trailers", metadata: Metadata): void {
    if (kind === "trailers") this.trailers = metadata;
    try {
      const fields = besideFields(kind, metadata);
      if (kind === "headers") this.#headerFields = fields;
      else this.#trailerFields = fields;
    } catch (error) {
      this.warn(`An answer lacks the ${kind} of its handler`, { error });
    }
  }

  /** Names and values in turn: what every answer has, and more. */
  head(...more: readonly string[]): string[] {
    const head = ["x-request-id", this.requestId, "x-content-type-options", "nosniff", ...more];
    if (this.#headerFields.length > 0) head.push(...this.#headerFields);
    if (this.revalidated) head.push(...revalidatedHead);
    // An answer to POST is not cached anyway.
    else if (this.request.method !== "POST") head.push("cache-control", "no-store");
    if (this.origin !== undefined) {
      head.push("access-control-allow-origin", this.origin);
      if (!this.revalidated) head.push("vary", "origin");
      head.push("access-control-expose-headers", [...exposed, ...this.#besideNames()].join(", "));
    }
    // A connection that was given up takes no further request.
    if (this.#host.draining || this.#connection.hasLeft) head.push("connection", "close");
    return head;
  }

  /** The whole answer at once. */
  send(status: number, contentType: string, body: Buffer, more: readonly string[] = []): void {
    this.#writeHead(status, contentType, body, more);
    // Text goes out in one piece with its head, and Latin-1 takes any byte as it is; copying a long body costs more.
    if (body.length < onePieceBytesMax) this.response.end(body.toString("latin1"), "latin1");
    else this.response.end(body);
    this.#watchReader();
  }

  /** An answer without a body. */
  sendEmpty(status: number, ...more: readonly string[]): void {
    this.response.writeHead(status, this.head(...this.#trailerFields, ...more)).end();
  }

  /** A line for whoever looks after the service; the client does not see it. */
  warn(text: string, fields: LogFields): void {
    this.#host.log.warn(text, { requestId: this.requestId, ...fields });
  }

  /** What the client is told of a failure; what it is not told is in the log. */
  problem(thrown: unknown): ProblemAnswer {
    const error = ReefError.from(thrown);
    const answer = problemFrom(error, this.requestId);
    const news = this.failure === undefined && !this.response.destroyed;
    this.failure ??= error;
    if (news && answer.problem.detail !== error.message) {
      this.#host.log.error("A call failed", { requestId: this.requestId, error });
    }
    return answer;
  }

  /** Answers with a problem, or cuts the answer off when its head has left already. */
  fail(thrown: unknown): void {
    const { response, request } = this;
    if (request.socket.destroyed) return void (this.failure ??= ReefError.from(thrown));
    const { problem, headers } = this.problem(thrown);
    if (this.upgraded || response.destroyed || response.writableEnded) return;
    // Only a broken connection tells a client of a half-sent answer that the rest is missing.
    if (response.headersSent) return void response.destroy();
    const body = Buffer.from(JSON.stringify(problem));
    const linger = this.#needsLinger() || problem.status === requestTimeout;
    const closes = linger || this.#waitsForContinue || !response.shouldKeepAlive;
    if (closes) headers.push("connection", "close");
    if (!linger) return this.send(problem.status, problemContentType, body, headers);
    // The answer is complete for its reader; closing at once would reset the connection under a client that still
    // sends, and it would never see why.
    this.#writeHead(problem.status, problemContentType, body, headers);
    if (request.method !== "HEAD") response.write(body);
    this.#linger();
  }

  #writeHead(status: number, contentType: string, body: Buffer, more: readonly string[]): void {
    const length = String(body.length);
    const head = this.head("content-type", contentType, "content-length", length, ...more);
    if (this.#trailerFields.length > 0) head.push(...this.#trailerFields);
    this.response.writeHead(status, head);
  }

  /** Of the fields that a page of another origin could not read otherwise. */
  #besideNames(): string[] {
    const fields = [...this.#headerFields, ...this.#trailerFields];
    return fields.filter((_, index) => index % 2 === 0);
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

  /** What still comes of a body after its answer is thrown away; a connection that was given up ends after it. */
  #discard(): void {
    const { request } = this;
    const { hasLeft } = this.#connection;
    const { clock, limits } = this.#host;
    const { socket } = request;
    if (request.complete) return socket.destroySoon();
    const forMs = hasLeft ? lingerMs : limits.requestTimeoutMs;
    const timer = clock.after(forMs, () => void socket.destroy(), { background: true });
    request.once("close", () => {
      timer.cancel();
      if (this.#connection.hasLeft) socket.destroySoon();
    });
    // One that was read by pieces flows again only for somebody who takes them.
    request.on("data", () => {});
    request.resume();
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

const nothing: readonly string[] = [];

const exposed = ["x-request-id", "retry-after", "allow", "location", "etag"];

/** Never taken from a cache unasked, and from no cache that others share. */
const revalidatedHead = ["cache-control", "private, no-cache", "vary", "accept, origin"];

/** Below it a copy is cheaper than a second part of a write. */
const onePieceBytesMax = 16_384;

/** nginx's number, only ever seen in logs: the answer had no reader. */
const clientGone = 499;

/** Its body will never be complete, so the connection is of no more use. */
const requestTimeout = 408;

/** What is thrown away of a body that was refused, so that the refusal is read. */
const lingerMs = 2_000;
const lingerBytesMax = 33_554_432;
