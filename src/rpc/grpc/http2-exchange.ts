/** A request that came over HTTP/2. */
import { constants, type ServerHttp2Stream } from "node:http2";

import type { AnswerHeaders, Exchange, ExchangeReceiver, RequestHeaders } from "./exchange.ts";

// Nobody here needs the date, and Node would look at its clock for each answer.
const bodyFollows = { sendDate: false, endStream: false };
const trailersFollow = { sendDate: false, waitForTrailers: true };
const nothingFollows = { sendDate: false, endStream: true };

export class Http2Exchange implements Exchange {
  readonly headers: RequestHeaders;
  readonly trailers = true;
  readonly #stream: ServerHttp2Stream;
  #lastHeaders: AnswerHeaders = {};

  #receiver: ExchangeReceiver | undefined;
  onOver: (brokenOff: boolean) => void = ignore;

  constructor(stream: ServerHttp2Stream, headers: RequestHeaders) {
    this.#stream = stream;
    this.headers = headers;
    // It closes after it, which is what counts.
    stream.on("error", ignore);
    stream.on("close", () => {
      this.#receiver?.onGone();
      this.onOver(stream.rstCode !== constants.NGHTTP2_NO_ERROR);
    });
  }

  get verb(): string {
    return String(this.headers[":method"]);
  }

  get path(): string {
    return String(this.headers[":path"]);
  }

  listen(receiver: ExchangeReceiver): void {
    const stream = this.#stream;
    this.#receiver = receiver;
    stream.on("data", (chunk: Buffer) => receiver.onData(chunk));
    stream.on("end", () => {
      // Node ends what a caller has broken off, too; to a handler half a stream must not look like all of it.
      if (!stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR) receiver.onEnd();
    });
  }

  begin(head: AnswerHeaders): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.headersSent) return;
    stream.respond(head, trailersFollow);
    stream.on("wantTrailers", () => {
      stream.sendTrailers(this.#lastHeaders);
      this.#leave();
    });
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const stream = this.#stream;
    if (stream.destroyed || stream.write(bytes)) return undefined;
    return new Promise((resolve) => {
      stream.once("drain", resolve);
      stream.once("close", resolve);
    });
  }

  end(last?: Uint8Array, trailers?: AnswerHeaders): void {
    if (this.#stream.destroyed) return;
    if (trailers) this.#lastHeaders = trailers;
    this.#stream.end(last);
  }

  answer(head: AnswerHeaders, body?: Uint8Array): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.headersSent) return;
    if (body && body.length > 0) {
      stream.respond(head, bodyFollows);
      stream.end(body);
    } else {
      stream.respond(head, nothingFollows);
    }
    this.#leave();
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
  #leave(): void {
    const stream = this.#stream;
    if (stream.readableEnded || stream.destroyed) return;
    stream.resume();
    setImmediate(() => {
      if (stream.readableEnded || stream.destroyed) return;
      if (stream.session?.state.outboundQueueSize === 0) stream.close(constants.NGHTTP2_NO_ERROR);
      // What waits for a reader goes first; until it has read, what this one sends is dropped.
      else stream.once("data", () => this.#leave());
    });
  }
}

function ignore(): void {}
