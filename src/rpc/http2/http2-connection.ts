/**
 * One connection of a caller over HTTP/2 (RFC 9113), read where its bytes lie: no object is made for a frame, none but
 * the exchange for a call, and no timer for either.
 */
import type { Socket } from "node:net";

import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/log.ts";
import type { Exchange } from "../grpc/exchange.ts";
import { ConnectionGuard } from "./connection-guard.ts";
import { ControlFrames, type ControlHost } from "./control-frames.ts";
import { sayFarewell } from "./farewell.ts";
import { FrameOutput } from "./frame-output.ts";
import { FrameReader, type FrameReceiver } from "./frame-reader.ts";
import { type ErrorCode, errorCode, frameFlag, frameType, setting } from "./frames.ts";
import { HeaderFrames, type BlockReceiver } from "./header-frames.ts";
import { HpackDecoder, type HeaderList } from "./hpack/hpack-decoder.ts";
import { encodeHeaders, noTableUpdate } from "./hpack/hpack-encoder.ts";
import { HpackError } from "./hpack/hpack-error.ts";
import type { Http2Limits } from "./http2-limits.ts";
import { Http2Stream, type StreamHost } from "./http2-stream.ts";
import { KeptBodies } from "./kept-bodies.ts";
import { OwnWindow } from "./own-window.ts";
import { broken, ProtocolError } from "./protocol-error.ts";
import { isTrailers, readRequestHead, type RequestHead } from "./request-head.ts";
import { SendFlow } from "./send-flow.ts";
import { StreamTable } from "./stream-table.ts";

export interface Http2ConnectionOptions {
  readonly limits: Http2Limits;
  readonly clock: Clock;
  readonly log: Logger;
  /** Answers a request; `local` is what came through a Unix socket. */
  readonly serve: (exchange: Exchange, local: boolean) => void;
  /** The connection takes and answers nothing any more; called once. */
  readonly onEnd: (connection: Http2Connection) => void;
}

/** A peer that leaves more of our answers unread is not read from. Data waits in its stream long before. */
const unreadBytesMax = 262_144;

/** Before a peer knows that it may use no table, it may use this one. */
const tableBytesDefault = 4_096;

/** A block of text in Huffman's longest codes has about as much for each byte; beyond it nobody is answered. */
const blockBytesPerByte = 4;

/** Of streams that were reset: twice as many as there can be at once. */
const resetsPerStream = 2;

const megabyte = 1_000_000;

/** Whoever asked by gRPC is not told by `:status` alone: it would be `unknown` to him. */
const tooLargeHead = Object.freeze({ ":status": 431, "grpc-status": "8" });

export class Http2Connection implements StreamHost, FrameReceiver, BlockReceiver, ControlHost {
  readonly flow: SendFlow;
  readonly bodies: KeptBodies;
  readonly #socket: Socket;
  readonly #options: Http2ConnectionOptions;
  readonly #reader = new FrameReader(this);
  readonly #output: FrameOutput;
  readonly #guard: ConnectionGuard;
  readonly #decoder: HpackDecoder<RequestHead | "malformed">;
  readonly #headers: HeaderFrames;
  readonly #control: ControlFrames;
  readonly #streams: StreamTable;
  readonly #window: OwnWindow;
  readonly #isLocal: boolean;
  readonly #silent: { cancel(): void };
  /** The peer has said its settings; it has confirmed ours. */
  #isGreeted = false;
  #isConfirmed = false;
  #hasSentBlock = false;
  #ended = false;
  /** What nobody has read. */
  #unreadBytes = 0;
  /** Whose callers are still sending. */
  #answered: Http2Stream[] = [];

  /** For a socket whose first bytes, still unread, are the preface. */
  constructor(socket: Socket, options: Http2ConnectionOptions) {
    const { limits, clock } = options;
    this.#socket = socket;
    this.#options = options;
    this.#isLocal = socket.remoteAddress === undefined;
    this.#output = new FrameOutput(socket, {
      isShared: () => this.#streams.size > 1,
      onRoom: () => this.#onRoom(),
      onFlush: () => this.flow.pump(),
    });
    this.#guard = new ConnectionGuard(limits, clock);
    this.flow = new SendFlow(this.#output, this.#guard);
    this.bodies = new KeptBodies(limits.sessionMegabytes * megabyte);
    this.#streams = new StreamTable(resetsPerStream * limits.streams);
    this.#headers = new HeaderFrames(this, blockBytesPerByte * limits.headerBytes);
    this.#control = new ControlFrames({
      host: this,
      streams: this.#streams,
      flow: this.flow,
      output: this.#output,
      guard: this.#guard,
    });
    this.#window = new OwnWindow((increment) => this.#output.windowUpdate(0, increment));
    this.#decoder = new HpackDecoder({
      tableBytes: tableBytesDefault,
      listBytes: limits.headerBytes,
      headersMax: limits.headers,
    });
    this.#silent = clock.after(limits.headMs, () => this.#fail(silent(limits.headMs)), {
      background: true,
    });
    socket.on("error", ignore);
    socket.on("data", this.#onData);
    socket.once("end", () => this.#farewell());
    socket.once("close", () => this.#end());
    this.#greet();
  }

  /** No new streams; those under way go on, and the connection ends after the last. */
  drain(): void {
    if (this.#ended || this.#streams.isClosed) return;
    this.#streams.closeBehindLast();
    this.#output.goaway(this.#streams.last, errorCode.noError);
    if (this.#streams.size === 0) this.#farewell();
  }

  /** Ends what is under way. */
  close(): void {
    this.#sendAway(errorCode.noError);
  }

  onFrame(
    type: number,
    flags: number,
    stream: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (this.#ended) return;
    this.#headers.check(type, stream);
    if (!this.#isGreeted && type !== frameType.settings) throw broken("it begins with SETTINGS");
    if (type === frameType.data) this.#onDataFrame(flags, stream, bytes, start, end);
    else if (type === frameType.headers) this.#headers.onHeaders(flags, stream, bytes, start, end);
    else if (type === frameType.continuation) {
      this.#headers.onContinuation(flags, bytes, start, end);
    } else this.#control.onFrame(type, flags, stream, bytes.subarray(start, end));
  }

  sendHeaders(stream: number, block: Buffer, endStream: boolean): void {
    const first = this.#hasSentBlock ? block : Buffer.concat([noTableUpdate, block]);
    this.#hasSentBlock = true;
    this.#output.headers(stream, first, endStream);
  }

  openWindow(stream: number, increment: number): void {
    this.#output.windowUpdate(stream, increment);
  }

  keep(bytes: number): void {
    this.#unreadBytes += bytes;
    if (bytes < 0) this.#giveBack();
  }

  onDone(stream: Http2Stream): void {
    this.#drop(stream);
  }

  /** It may have sent the rest already: that is seen when this turn is over. */
  onAnswered(stream: Http2Stream): void {
    if (this.#answered.length === 0) setImmediate(() => this.#leaveAnswered());
    this.#answered.push(stream);
  }

  onFault(stream: Http2Stream, code: ErrorCode): void {
    this.#resetOpen(stream, code);
    try {
      if (code === errorCode.enhanceYourCalm) this.#guard.brokenOff();
      else this.#guard.wrongFrame();
    } catch (error) {
      this.#fail(error);
    }
  }

  onReset(stream: Http2Stream): void {
    // It may have been in the middle of sending, and goes on with that.
    if (!stream.isWhole) this.#streams.rememberReset(stream.id);
    this.#drop(stream);
  }

  onSettings(): void {
    this.#isGreeted = true;
    if (this.#isConfirmed) this.#silent.cancel();
  }

  onConfirmed(): void {
    this.#decoder.setTableBytes(0);
    this.#isConfirmed = true;
    if (this.#isGreeted) this.#silent.cancel();
  }

  onRefused(): void {
    this.#farewell();
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fail(error);
    }
    if (this.#output.backlogBytes > unreadBytesMax && !this.#ended) this.#socket.pause();
  };

  #onRoom(): void {
    if (this.#ended) return;
    this.flow.pump();
    this.#socket.resume();
  }

  #greet(): void {
    const { streams, headerBytes } = this.#options.limits;
    this.#output.settings([
      [setting.headerTableSize, 0],
      [setting.enablePush, 0],
      [setting.maxConcurrentStreams, streams],
      [setting.maxHeaderListSize, headerBytes],
    ]);
    this.#window.begin();
  }

  #onDataFrame(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#window.receive(end - start);
    let from = start;
    let to = end;
    if (flags & frameFlag.padded) {
      to -= bytes[from] ?? 0;
      from += 1;
      if (to < from) throw broken("padding is shorter than its frame");
    }
    const last = (flags & frameFlag.endStream) !== 0;
    if (from === to && !last) this.#guard.idleFrame();
    const stream = this.#streams.find(id);
    if (!stream) this.#checkAbsent(id);
    else if (stream.admit(to - from, end - to + from - start, last)) {
      if (to > from) stream.receive(bytes, from, to);
      if (last) stream.receiveEnd();
    }
    this.#giveBack();
  }

  onBlock(id: number, last: boolean, bytes: Buffer, start: number, end: number): void {
    // Also what nobody wants: the next one may depend on it.
    const list = this.#decoder.decode(bytes, start, end);
    const stream = this.#streams.find(id);
    if (stream) this.#onTrailers(stream, list, last);
    else if (id <= this.#streams.last) this.#checkAbsent(id);
    else {
      this.#streams.begin(id);
      if (!this.#streams.isClosed) this.#onRequest(id, last, list);
    }
  }

  #onRequest(id: number, last: boolean, list: HeaderList<RequestHead | "malformed">): void {
    const { limits, serve } = this.#options;
    if (list.tooLarge) return this.#answerTooLarge(id, last);
    const head = (list.memo ??= readRequestHead(list.fields) ?? "malformed");
    if (head === "malformed" || (last && head.bodyBytes > 0)) {
      this.#resetNew(id, last, errorCode.protocolError);
      return this.#guard.wrongFrame();
    }
    const isTooMany = this.#streams.size >= limits.streams;
    if (isTooMany || this.#keptBytes > limits.sessionMegabytes * megabyte) {
      const code = isTooMany ? errorCode.refusedStream : errorCode.enhanceYourCalm;
      this.#resetNew(id, last, code);
      return this.#guard.refused();
    }
    this.#guard.taken();
    const stream = new Http2Stream(this, id, { head, headBytes: list.listBytes, whole: last });
    this.#streams.add(stream);
    serve(stream, this.#isLocal);
  }

  #onTrailers(stream: Http2Stream, list: HeaderList<unknown>, last: boolean): void {
    if (stream.isWhole) return this.onFault(stream, errorCode.streamClosed);
    if (!last || list.tooLarge || !isTrailers(list.fields)) {
      return this.onFault(stream, errorCode.protocolError);
    }
    if (stream.admit(0, 0, true)) stream.receiveEnd();
  }

  /** A frame for a stream that is not open. */
  #checkAbsent(id: number): void {
    const absence = this.#streams.absence(id);
    if (absence === "idle") throw broken(`stream ${id} was not begun`);
    if (absence === "over") {
      throw new ProtocolError(errorCode.streamClosed, `stream ${id} is over`);
    }
  }

  #answerTooLarge(id: number, last: boolean): void {
    this.sendHeaders(id, encodeHeaders(tooLargeHead), true);
    if (!last) this.#resetNew(id, last, errorCode.noError);
  }

  /** One that was never served. */
  #resetNew(id: number, last: boolean, code: ErrorCode): void {
    this.#output.reset(id, code);
    if (!last) this.#streams.rememberReset(id);
  }

  #resetOpen(stream: Http2Stream, code: ErrorCode): void {
    this.#output.reset(stream.id, code);
    this.#streams.rememberReset(stream.id);
    this.#drop(stream);
  }

  /** Nobody reads what they send; that is no error. */
  #leaveAnswered(): void {
    const answered = this.#answered;
    this.#answered = [];
    for (const stream of answered) {
      if (!stream.isGone) this.#resetOpen(stream, errorCode.noError);
    }
  }

  #drop(stream: Http2Stream): void {
    if (!this.#streams.remove(stream)) return;
    this.#release(stream);
    this.#giveBack();
    if (this.#streams.isClosed && this.#streams.size === 0) this.#farewell();
  }

  #release(stream: Http2Stream): void {
    this.flow.drop(stream);
    stream.close();
    if (stream.isSent) this.#output.tell(stream);
    else stream.onWritten();
  }

  get #keptBytes(): number {
    const heads = this.#streams.headBytes;
    return heads + this.#unreadBytes + this.bodies.bytes + this.flow.heldBytes;
  }

  #giveBack(): void {
    const kept = this.#streams.headBytes + this.#unreadBytes;
    if (kept <= this.#options.limits.sessionMegabytes * megabyte) this.#window.giveBack();
  }

  /** One connection ends, whoever is at fault; the others go on. */
  #fail(error: unknown): void {
    const { log } = this.#options;
    if (error instanceof ProtocolError || error instanceof HpackError) {
      log.debug("A connection over HTTP/2 was closed", { error });
      const isCompression = error instanceof HpackError;
      this.#sendAway(isCompression ? errorCode.compressionError : error.http2Code);
    } else {
      log.error("A connection over HTTP/2 was closed by a fault of ours", { error });
      this.#sendAway(errorCode.internalError);
    }
  }

  #sendAway(code: ErrorCode): void {
    if (this.#ended) return;
    this.#output.goaway(this.#streams.last, code);
    this.#farewell();
  }

  /** What was written still leaves. */
  #farewell(): void {
    if (this.#ended) return;
    this.#socket.off("data", this.#onData);
    this.#output.flush();
    this.#end();
    sayFarewell(this.#socket, this.#options.clock);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#silent.cancel();
    const streams = [...this.#streams.all];
    for (const stream of streams) {
      this.#streams.remove(stream);
      this.#release(stream);
    }
    this.#output.clear();
    this.#options.onEnd(this);
  }
}

function silent(headMs: number): ProtocolError {
  const rule = `its settings come, and ours are confirmed, within ${headMs} ms`;
  return new ProtocolError(errorCode.settingsTimeout, rule);
}

function ignore(): void {}
