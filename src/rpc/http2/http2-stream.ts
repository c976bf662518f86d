/** One request over HTTP/2 and its answer. Its state is what RFC 9113 calls the state of a stream (5.1). */
import type {
  AnswerHeaders,
  Exchange,
  ExchangeOwner,
  ExchangeReceiver,
  RequestHeaders,
} from "../grpc/exchange.ts";
import type { Writer } from "./frame-output.ts";
import { type ErrorCode, errorCode, windowDefault } from "./frames.ts";
import { encodeHeaders } from "./hpack/hpack-encoder.ts";
import type { Keeper, KeptBodies } from "./kept-bodies.ts";
import type { RequestHead } from "./request-head.ts";
import type { SendFlow, SendingStream, SendQueue } from "./send-flow.ts";
import { UnreadBytes } from "./unread-bytes.ts";

/** The connection, as a stream needs it. */
export interface StreamHost {
  readonly flow: SendFlow;
  readonly bodies: KeptBodies;
  sendHeaders(stream: number, block: Buffer, endStream: boolean): void;
  openWindow(stream: number, increment: number): void;
  /** So much more is kept for a stream that nobody reads; less, when negative. */
  keep(bytes: number): void;
  /** Answered, and the request is whole. */
  onDone(stream: Http2Stream): void;
  /** Answered, and its caller is still sending. */
  onAnswered(stream: Http2Stream): void;
  /** The stream is to be reset: for a fault of its caller's, or because we want no more of it. */
  onFault(stream: Http2Stream, code: ErrorCode): void;
}

export interface StreamOptions {
  readonly head: RequestHead;
  readonly headBytes: number;
  /** There is no body. */
  readonly whole: boolean;
}

/** Less is not worth a frame. */
const windowStep = windowDefault >> 1;

const noBytes = new Uint8Array(0);

export class Http2Stream implements Exchange, SendingStream, Writer, Keeper {
  readonly id: number;
  readonly trailers = true;
  readonly connection: StreamHost;
  readonly headers: RequestHeaders;
  readonly verb: string;
  readonly path: string;
  owner: ExchangeOwner | undefined;
  sendWindow: number;
  queue: SendQueue | undefined = undefined;
  /** What its head costs while it is open. */
  readonly headBytes: number;
  keptBytes = 0;
  #receiver: ExchangeReceiver | undefined;
  #paused = false;
  /** Came while nobody listened, or was paused. */
  #unread: UnreadBytes | undefined;
  #delivering = false;
  #receiveWindow = windowDefault;
  /** Read, and its window not yet given back. */
  #read = 0;
  /** What `content-length` still promises; below 0 when it says nothing. */
  #bodyBytes: number;
  /** The request is whole. */
  #whole: boolean;
  #endTold = false;
  #begun = false;
  /** The whole answer is here; what still comes is dropped. */
  #answered = false;
  #sent = false;
  #gone = false;
  #onceGone: (() => void) | undefined;

  constructor(connection: StreamHost, id: number, { head, headBytes, whole }: StreamOptions) {
    this.connection = connection;
    this.id = id;
    this.headers = head.headers;
    this.verb = head.verb;
    this.path = head.path;
    this.headBytes = headBytes;
    this.sendWindow = connection.flow.initialWindow;
    this.#bodyBytes = head.bodyBytes;
    this.#whole = whole;
  }

  get isGone(): boolean {
    return this.#gone;
  }

  /** The end of the answer is on its way. */
  get isSent(): boolean {
    return this.#sent;
  }

  /** Bytes that are kept because nobody reads them. */
  get unreadBytes(): number {
    return this.#unread?.size ?? 0;
  }

  listen(receiver: ExchangeReceiver): void {
    this.#receiver = receiver;
    if (this.unreadBytes > 0 || this.#whole) this.#deliverSoon();
  }

  begin(head: AnswerHeaders): void {
    if (this.#gone || this.#begun) return;
    const block = encodeHeaders(head);
    this.#begun = true;
    this.connection.sendHeaders(this.id, block, false);
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#gone || this.#answered) return undefined;
    return this.connection.flow.write(this, bytes);
  }

  end(last: Uint8Array = noBytes, trailers?: AnswerHeaders): void {
    if (this.#gone || this.#answered) return;
    const block = trailers && encodeHeaders(trailers);
    this.#answered = true;
    this.#dropUnread();
    this.connection.flow.end(this, last, block);
  }

  answer(head: AnswerHeaders, given: Uint8Array = noBytes): void {
    if (this.#gone || this.#begun) return;
    // Its head says what a GET would get.
    const body = this.verb === "HEAD" ? noBytes : given;
    const block = encodeHeaders(head);
    this.#begun = true;
    this.#answered = true;
    this.#dropUnread();
    this.connection.sendHeaders(this.id, block, body.length === 0);
    if (body.length === 0) this.onSent();
    else this.connection.flow.end(this, body, undefined);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.unreadBytes > 0 || this.#whole) this.#deliverSoon();
  }

  kept(bytes: number): void {
    // What is whole is handed on, and what is gone is forgotten.
    const change = (this.#whole || this.#gone ? 0 : bytes) - this.keptBytes;
    if (change === 0) return;
    this.keptBytes += change;
    this.connection.bodies.change(this, change);
  }

  /** @internal It had to wait until others keep less. */
  goOn(): void {
    this.#giveBack(0);
  }

  /** Ends the stream: others may be on its connection. */
  cut(): void {
    if (!this.#gone) this.connection.onFault(this, errorCode.enhanceYourCalm);
  }

  onceGone(listener: () => void): void {
    this.#onceGone = listener;
  }

  onSent(): void {
    this.#sent = true;
    if (this.#whole) this.connection.onDone(this);
    else this.connection.onAnswered(this);
  }

  /**
   * A part of the body comes, so long and with so much padding. False when it must not, and then the stream is over;
   * what is let in is given to `receive`.
   */
  admit(length: number, padding: number, last: boolean): boolean {
    if (this.#whole) return this.#fault(errorCode.streamClosed);
    this.#receiveWindow -= length + padding;
    if (this.#receiveWindow < 0) return this.#fault(errorCode.flowControlError);
    if (!this.#isPromised(length, last)) return this.#fault(errorCode.protocolError);
    this.#whole = last;
    if (last) this.kept(0);
    if (padding > 0) this.#giveBack(padding);
    return true;
  }

  receive(bytes: Buffer, start: number, end: number): void {
    if (this.#answered) return this.#giveBack(end - start);
    if (this.#isFlowing) {
      this.#receiver?.onData(bytes.subarray(start, end));
      this.#giveBack(end - start);
    } else {
      this.#unread ??= new UnreadBytes();
      this.#unread.add(bytes, start, end);
      this.connection.keep(end - start);
    }
  }

  /** The last that was let in has been received. */
  receiveEnd(): void {
    if (this.#gone) return;
    if (this.#sent) this.connection.onDone(this);
    else if (this.#isFlowing) this.#tellEnd();
  }

  /** Whether the request is whole, and nothing more may come. */
  get isWhole(): boolean {
    return this.#whole;
  }

  /** The stream is over; its owner hears of it by `onWritten`. */
  close(): void {
    this.#gone = true;
    this.kept(0);
    this.#dropUnread();
    this.#receiver?.onGone();
    this.#onceGone?.();
  }

  onWritten(): void {
    const { owner } = this;
    this.owner = undefined;
    owner?.onOver(this);
  }

  /** Whether so much more is what the head has promised. */
  #isPromised(length: number, last: boolean): boolean {
    if (this.#bodyBytes < 0) return true;
    if (length > this.#bodyBytes) return false;
    this.#bodyBytes -= length;
    return !last || this.#bodyBytes === 0;
  }

  /** Whether what comes may be given on at once. */
  get #isFlowing(): boolean {
    return this.#receiver !== undefined && !this.#paused && this.unreadBytes === 0;
  }

  #fault(code: ErrorCode): false {
    this.connection.onFault(this, code);
    return false;
  }

  #tellEnd(): void {
    if (this.#endTold) return;
    this.#endTold = true;
    this.#receiver?.onEnd();
  }

  /** Not now: whoever resumes, or listens, is in the middle of something. */
  #deliverSoon(): void {
    if (this.#delivering || this.#gone) return;
    this.#delivering = true;
    process.nextTick(deliver, this);
  }

  /** @internal */
  deliver(): void {
    this.#delivering = false;
    if (this.#gone || this.#paused || !this.#receiver) return;
    if (this.#unread && this.#unread.size > 0) {
      const bytes = this.#unread.take();
      this.connection.keep(-bytes.length);
      this.#receiver.onData(bytes);
      this.#giveBack(bytes.length);
    }
    if (this.#whole && !this.#paused && !this.#gone) this.#tellEnd();
  }

  #dropUnread(): void {
    if (!this.#unread || this.#unread.size === 0) return;
    const { length } = this.#unread.take();
    this.connection.keep(-length);
    this.#giveBack(length);
  }

  #giveBack(bytes: number): void {
    this.#read += bytes;
    if (this.#read < windowStep || this.#whole || this.#gone) return;
    if (!this.connection.bodies.mayGoOn(this)) return;
    this.#receiveWindow += this.#read;
    this.connection.openWindow(this.id, this.#read);
    this.#read = 0;
  }
}

function deliver(stream: Http2Stream): void {
  stream.deliver();
}
