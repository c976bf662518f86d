/**
 * The messages of a WebSocket as a stream of inputs. What waits for the method is bounded, and then the connection is
 * not read: a slow method slows its sender.
 */
import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import { BoundedQueue } from "../../core/bounded-queue.ts";
import { ReefError } from "../../core/errors.ts";
import { refusal } from "../../rpc/http/problem.ts";
import { type BodyMeter, emptyObject, tooMuchTogether } from "./read-body.ts";

export interface SocketInputsOptions {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  /** Bytes that came with the request and are still to be read. */
  readonly headBytes: number;
  /** How many inputs the method takes. */
  readonly inputsMax: number;
  /** What all connections hold together, and may. */
  readonly all: BodyMeter;
  readonly messagesBytesMax: number;
  /** Hears what is wrong with a message, and ends the call with it. */
  readonly refuse: (reason: ReefError) => void;
}

/** Beyond one of these the connection is not read; what one read has brought still comes. */
const waitingMax = 16;
const waitingBytesMax = 65_536;

/** What a small message costs beside its bytes: without it, a million empty ones would weigh nothing. */
const overheadBytes = 256;

export class SocketInputs implements AsyncIterableIterator<Buffer, undefined> {
  readonly #options: SocketInputsOptions;
  readonly #queue = new BoundedQueue<Buffer>({ limit: waitingMax, overflow: "block" });
  #count = 0;
  #ended = false;
  #left = false;
  /** What waits for the method. */
  #waitingBytes = 0;
  /** How many bytes of the connection belong to messages that are complete. */
  #completeBytes: number;
  #chargedBytes = 0;

  constructor(options: SocketInputsOptions) {
    const { webSocket, socket, headBytes } = options;
    this.#options = options;
    this.#completeBytes = socket.bytesRead - headBytes;
    webSocket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    webSocket.on("ping", (data) => this.#receiveControl(data));
    webSocket.on("pong", (data) => this.#receiveControl(data));
    // Behind the listener of the parser, so that what is left then is the begin of a message.
    socket.on("data", () => this.#charge());
  }

  /** A message has begun and is not complete. */
  get unfinished(): boolean {
    return this.#options.socket.bytesRead > this.#completeBytes;
  }

  /** The one input of a method has not come so far. */
  get missing(): boolean {
    return this.#options.inputsMax === 1 && this.#count === 0;
  }

  /** How many inputs have come. */
  get count(): number {
    return this.#count;
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    const result = await this.#queue.next();
    if (result.done) return result;
    const { webSocket } = this.#options;
    this.#waitingBytes -= result.value.length + overheadBytes;
    this.#charge();
    if (webSocket.isPaused && !this.#full) webSocket.resume();
    return result;
  }

  /** Nobody takes inputs any more: what comes is read and forgotten. */
  return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#left = true;
    this.#waitingBytes = 0;
    this.#charge();
    this.#options.webSocket.resume();
    return this.#queue.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get #full(): boolean {
    return this.#queue.size >= waitingMax || this.#waitingBytes >= waitingBytesMax;
  }

  #receive(data: RawData, isBinary: boolean): void {
    const { webSocket, socket, inputsMax, refuse } = this.#options;
    this.#completeBytes = socket.bytesRead;
    if (this.#left) return;
    if (isBinary) return refuse(notText());
    // The type of binary messages that we left at its default, and text comes in the same.
    const text = data as Buffer;
    if (isEnd(text)) {
      this.#ended = true;
      return this.#queue.end();
    }
    this.#count += 1;
    if (this.#ended || this.#count > inputsMax)
      return refuse(tooManyInputs(this.#ended, inputsMax));
    const input = text.length === 0 ? emptyObject : text;
    this.#waitingBytes += input.length + overheadBytes;
    void this.#queue.push(input);
    if (this.#full) webSocket.pause();
  }

  /** They may come between the fragments of a message, and say nothing of its end. */
  #receiveControl({ length }: Buffer): void {
    const bytes = this.#completeBytes + controlHeadBytes + length;
    this.#completeBytes = Math.min(bytes, this.#options.socket.bytesRead);
  }

  #charge(): void {
    const { all, messagesBytesMax, socket, refuse } = this.#options;
    const begun = this.#left ? 0 : socket.bytesRead - this.#completeBytes;
    const more = begun + this.#waitingBytes - this.#chargedBytes;
    this.#chargedBytes += more;
    all.bodyBytes += more;
    if (more > 0 && all.bodyBytes > messagesBytesMax) refuse(tooMuchTogether(messagesBytesMax));
  }
}

/** Two bytes of head and four of mask; their payload has 125 bytes at most. */
const controlHeadBytes = 6;

/** `["end"]`: a WebSocket cannot be closed in one direction, so its client has to say that it has said all. */
function isEnd(text: Buffer): boolean {
  return text.length <= endBytesMax && /^\s*\[\s*"end"\s*\]\s*$/.test(text.toString());
}

/** With any white space that somebody could put there in earnest. */
const endBytesMax = 32;

function notText(): ReefError {
  return refusal(
    "unsupported_media_type",
    "Cannot read a binary message: each message is JSON, as text",
  );
}

function tooManyInputs(ended: boolean, inputsMax: number): ReefError {
  const rule = ended
    ? 'it came after ["end"]'
    : `the method takes ${inputsMax === 0 ? "none: its input is in the path" : "one input"}`;
  return refusal("bad_request", `Cannot take another message: ${rule}`);
}
