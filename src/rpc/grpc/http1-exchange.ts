/** A request that came over HTTP/1.1. */
import type { IncomingMessage, ServerResponse } from "node:http";

import type {
  AnswerHeaders,
  Exchange,
  ExchangeOwner,
  ExchangeReceiver,
  RequestHeaders,
} from "./exchange.ts";
import { roomIn } from "./room-in.ts";

export class Http1Exchange implements Exchange {
  readonly trailers = false;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #receiver: ExchangeReceiver | undefined;
  owner: ExchangeOwner | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    response.sendDate = false;
    // Both close after it, which is what counts.
    request.on("error", ignore);
    response.on("error", ignore);
    response.on("close", () => {
      this.#receiver?.onGone();
      this.owner?.onOver(this);
    });
  }

  get connection(): object {
    return this.#request.socket;
  }

  /** Ends the connection. */
  cut(): void {
    // Node would make an error for it, and write its stack down.
    this.#request.destroyed = true;
    this.#request.socket.destroy();
  }

  onceGone(listener: () => void): void {
    this.#response.once("close", listener);
  }

  get verb(): string {
    return this.#request.method ?? "";
  }

  get path(): string {
    return this.#request.url ?? "";
  }

  get headers(): RequestHeaders {
    return this.#request.headers;
  }

  get isGone(): boolean {
    return this.#response.destroyed || this.#request.socket.destroyed;
  }

  listen(receiver: ExchangeReceiver): void {
    this.#receiver = receiver;
    this.#request.on("data", (chunk: Buffer) => receiver.onData(chunk));
    this.#request.on("end", () => receiver.onEnd());
  }

  begin(head: AnswerHeaders): void {
    this.#head(head);
    // Nothing may follow for long, and the caller waits for this.
    this.#response.flushHeaders();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const response = this.#response;
    if (response.destroyed || response.write(bytes)) return undefined;
    return roomIn(response);
  }

  end(last?: Uint8Array): void {
    this.#response.end(last);
  }

  answer(head: AnswerHeaders, body?: Uint8Array): void {
    this.#head(head);
    this.#response.end(body);
  }

  /** A connection has one request at a time, whose message has a limit. */
  kept(): void {}

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }

  #head({ ":status": status, ...headers }: AnswerHeaders): void {
    const response = this.#response;
    if (response.headersSent || this.isGone) return;
    // What the caller still sends would be taken for its next request.
    if (!this.#request.complete) response.setHeader("connection", "close");
    response.writeHead(Number(status), headers);
  }
}

function ignore(): void {}
