/** A request that came over HTTP/2. */
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";

import type {
  AnswerHeaders,
  Exchange,
  ExchangeOwner,
  ExchangeReceiver,
  RequestHeaders,
} from "./exchange.ts";
import { roomIn } from "./room-in.ts";

// Nobody here needs the date, and Node would look at its clock for each answer.
const bodyFollows = { sendDate: false, endStream: false };
const trailersFollow = { sendDate: false, waitForTrailers: true };
const nothingFollows = { sendDate: false, endStream: true };

const noTrailers: AnswerHeaders = Object.freeze({});

/** Where a stream keeps its exchange: the same few listeners serve all streams, and none is made for one. */
const exchangeKey: unique symbol = Symbol("reef.exchange");

interface ServedStream extends ServerHttp2Stream {
  [exchangeKey]?: Http2Exchange | undefined;
}

function onData(this: ServedStream, chunk: Buffer): void {
  this[exchangeKey]?.receiver?.onData(chunk);
}

function onEnd(this: ServedStream): void {
  // Node ends what a caller has broken off, too; to a handler half a stream must not look like all of it.
  if (this.aborted || this.rstCode !== constants.NGHTTP2_NO_ERROR) return;
  this[exchangeKey]?.receiver?.onEnd();
}

function onWantTrailers(this: ServedStream): void {
  const exchange = this[exchangeKey];
  this.sendTrailers(exchange?.lastHeaders ?? noTrailers);
  exchange?.leave();
}

function onClose(this: ServedStream): void {
  const exchange = this[exchangeKey];
  // Node keeps the stream itself until its next full collection: it must not keep the whole call with it.
  this[exchangeKey] = undefined;
  exchange?.receiver?.onGone();
  exchange?.owner?.onOver(exchange, this.rstCode !== constants.NGHTTP2_NO_ERROR);
}

export class Http2Exchange implements Exchange {
  readonly headers: RequestHeaders;
  readonly trailers = true;
  owner: ExchangeOwner | undefined;
  /** Of the stream, which forgets it when it closes. */
  readonly session: ServerHttp2Session | undefined;
  readonly #stream: ServedStream;
  /** For the listeners above. */
  receiver: ExchangeReceiver | undefined;
  lastHeaders = noTrailers;

  constructor(stream: ServerHttp2Stream, headers: RequestHeaders) {
    // That of a server's stream is a server's, which its types do not say.
    this.session = stream.session as ServerHttp2Session | undefined;
    this.#stream = stream;
    this.headers = headers;
    this.#stream[exchangeKey] = this;
    // It closes after it, which is what counts.
    stream.on("error", ignore);
    stream.on("close", onClose);
  }

  get connection(): object {
    return this.session ?? this.#stream;
  }

  /** Ends the stream: others may be on its connection. */
  cut(): void {
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  get verb(): string {
    return String(this.headers[":method"]);
  }

  get path(): string {
    return String(this.headers[":path"]);
  }

  get isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  listen(receiver: ExchangeReceiver): void {
    this.receiver = receiver;
    this.#stream.on("data", onData);
    this.#stream.on("end", onEnd);
  }

  begin(head: AnswerHeaders): void {
    const stream = this.#stream;
    if (this.isGone || stream.headersSent) return;
    stream.respond(head, trailersFollow);
    stream.on("wantTrailers", onWantTrailers);
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const stream = this.#stream;
    if (stream.destroyed || stream.write(bytes)) return undefined;
    return roomIn(stream);
  }

  end(last?: Uint8Array, trailers?: AnswerHeaders): void {
    if (this.#stream.destroyed) return;
    if (trailers) this.lastHeaders = trailers;
    this.#stream.end(last);
  }

  answer(head: AnswerHeaders, body?: Uint8Array): void {
    const stream = this.#stream;
    if (this.isGone || stream.headersSent) return;
    if (body && body.length > 0) {
      stream.respond(head, bodyFollows);
      stream.end(body);
    } else {
      stream.respond(head, nothingFollows);
    }
    this.leave();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /**
   * Answered. A caller that is still sending is told that nobody reads, and that this is no error; but not before the
   * answer is with the socket, of which nghttp2 sends nothing any more after that.
   */
  leave(): void {
    const stream = this.#stream;
    if (stream.readableEnded || stream.destroyed) return;
    stream.resume();
    setImmediate(() => {
      if (stream.readableEnded || stream.destroyed) return;
      if (stream.session?.state.outboundQueueSize === 0) stream.close(constants.NGHTTP2_NO_ERROR);
      // What waits for a reader goes first; until it has read, what this one sends is dropped.
      else stream.once("data", () => this.leave());
    });
  }
}

function ignore(): void {}
