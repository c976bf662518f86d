/**
 * Frames out of one connection: written in place into a slab, of which one `socket.write` takes all that a turn of the
 * event loop has made (docs/decisions/0004 has measured it on another wire).
 */
import type { Socket } from "node:net";

import { type ErrorCode, frameBytesMin, frameFlag, frameHeaderBytes, frameType } from "./frames.ts";

/** What connections have that say little; each next slab is twice as long as the last. */
const slabBytesMin = 2_048;

/** Room for several hundred small answers, or for three full frames. */
const slabBytesMax = 65_536;

/** What may wait in the socket before data is held back: less, and a fast reader would wait for the next turn. */
const socketBytesMax = 65_536;

/** Who waits until something was written. */
export interface Writer {
  onWritten(): void;
}

export interface FrameOutputOptions {
  /** Whether several calls are under way, which may all answer in one turn of the event loop. */
  readonly isShared: () => boolean;
  /** Data is taken again. */
  readonly onRoom: () => void;
  /** Last chance to write something that leaves together with the rest. */
  readonly onFlush: () => void;
}

export class FrameOutput {
  readonly #socket: Socket;
  readonly #options: FrameOutputOptions;
  #slab = Buffer.allocUnsafeSlow(slabBytesMin);
  /** Bytes before `#from` are with the socket; those up to `#at` wait for the flush. */
  #from = 0;
  #at = 0;
  /** The DATA frame that was written last: where it begins, and how long it is. */
  #dataStream = 0;
  #dataAt = 0;
  #dataBytes = 0;
  #flushing = false;
  /** A whole slab was filled in this turn: others are to have theirs, and the event loop its own. */
  #filled = false;
  #congested = false;
  /**
   * Whom to tell when all that was written so far is with the system: in order of the writes, the last not made yet.
   */
  #waiting: Writer[] = [];
  readonly #writes: Writer[][] = [];
  readonly #onWritten = (): void => this.#written();

  constructor(socket: Socket, options: FrameOutputOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Bytes that wait for the peer to read. */
  get backlogBytes(): number {
    return this.#socket.writableLength + this.#at - this.#from;
  }

  /** Whether data should wait: `onRoom` says when it is over. */
  get isFull(): boolean {
    return this.#filled || this.#congested;
  }

  /** Tells the writer when all that was written so far is with the system, or never will be. */
  tell(writer: Writer): void {
    this.#waiting.push(writer);
    this.wake();
  }

  /** Small messages of a stream that follow each other share a frame, as far as they leave together. */
  data(stream: number, bytes: Uint8Array, endStream: boolean): void {
    if (stream === this.#dataStream && this.#goOn(bytes, endStream)) return;
    this.#frame(frameType.data, endStream ? frameFlag.endStream : 0, stream, bytes);
    this.#dataStream = stream;
    this.#dataBytes = bytes.length;
    this.#dataAt = this.#at - frameHeaderBytes - bytes.length;
  }

  /** What does not fit into one frame of those that everybody takes goes on in others. */
  headers(stream: number, block: Buffer, endStream: boolean): void {
    const first = endStream ? frameFlag.endStream : 0;
    if (block.length <= frameBytesMin) {
      const flags = first | frameFlag.endHeaders;
      return this.#frame(frameType.headers, flags, stream, block);
    }
    for (let from = 0; from < block.length; from += frameBytesMin) {
      const part = block.subarray(from, from + frameBytesMin);
      const last = from + frameBytesMin >= block.length ? frameFlag.endHeaders : 0;
      const type = from === 0 ? frameType.headers : frameType.continuation;
      const flags = (from === 0 ? first : 0) | last;
      this.#frame(type, flags, stream, part);
    }
  }

  reset(stream: number, code: ErrorCode): void {
    this.#u32(this.#begin(frameType.rstStream, 0, stream, 4), code);
  }

  windowUpdate(stream: number, increment: number): void {
    this.#u32(this.#begin(frameType.windowUpdate, 0, stream, 4), increment);
  }

  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    let at = this.#begin(frameType.settings, 0, 0, 6 * pairs.length);
    for (const [id, value] of pairs) {
      this.#slab.writeUInt16BE(id, at);
      this.#u32(at + 2, value);
      at += 6;
    }
  }

  settingsAck(): void {
    this.#begin(frameType.settings, frameFlag.ack, 0, 0);
  }

  pingAck(payload: Buffer): void {
    this.#frame(frameType.ping, frameFlag.ack, 0, payload);
  }

  goaway(lastStream: number, code: ErrorCode): void {
    const at = this.#begin(frameType.goaway, 0, 0, 8);
    this.#u32(at, lastStream);
    this.#u32(at + 4, code);
  }

  /** Flushes at the end of the tick, or of the turn, and calls `onFlush` before. */
  wake(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // A call that is alone would only lose time by the wait for others.
    if (this.#options.isShared()) setImmediate(endTick, this);
    else process.nextTick(endTick, this);
  }

  /** Gives everything to the socket now. */
  flush(): void {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return this.clear();
    if (this.#at === this.#from) return this.#tellAfterLast();
    const part = this.#slab.subarray(this.#from, this.#at);
    this.#from = this.#at;
    this.#writes.push(this.#waiting);
    this.#waiting = [];
    socket.write(part, this.#onWritten);
    this.#congested = socket.writableLength > socketBytesMax;
  }

  /** Nothing is sent any more. */
  clear(): void {
    this.#at = this.#from;
    const waiting = [...this.#writes.splice(0), this.#waiting.splice(0)].flat();
    for (const writer of waiting) writer.onWritten();
  }

  /** @internal The end of a tick, or of a turn. */
  tick(): void {
    this.#options.onFlush();
    this.#flushing = false;
    this.flush();
  }

  /** @internal */
  turn(): void {
    this.#filled = false;
    if (!this.isFull) this.#options.onRoom();
  }

  /** Nothing was written since those who wait came. */
  #tellAfterLast(): void {
    if (this.#waiting.length === 0) return;
    const last = this.#writes.at(-1);
    if (last) last.push(...this.#waiting.splice(0));
    else this.clear();
  }

  #written(): void {
    for (const writer of this.#writes.shift() ?? []) writer.onWritten();
    if (!this.#congested || this.#socket.writableLength > socketBytesMax) return;
    this.#congested = false;
    if (!this.isFull) this.#options.onRoom();
  }

  /** More of the last DATA frame; false when it is with the socket, something is behind it, or it is full. */
  #goOn(bytes: Uint8Array, endStream: boolean): boolean {
    const at = this.#dataAt;
    const end = at + frameHeaderBytes + this.#dataBytes;
    const length = this.#dataBytes + bytes.length;
    const isLast = end === this.#at && at >= this.#from;
    if (!isLast || length > frameBytesMin || end + bytes.length > this.#slab.length) return false;
    const slab = this.#slab;
    slab.set(bytes, end);
    slab[at] = length >>> 16;
    slab[at + 1] = length >>> 8;
    slab[at + 2] = length;
    if (endStream) slab[at + 4] = frameFlag.endStream;
    this.#dataBytes = length;
    this.#at = end + bytes.length;
    return true;
  }

  #frame(type: number, flags: number, stream: number, payload: Uint8Array): void {
    const at = this.#begin(type, flags, stream, payload.length);
    this.#slab.set(payload, at);
  }

  /** Where the payload of a frame of so many bytes is to be written. */
  #begin(type: number, flags: number, stream: number, length: number): number {
    const needed = frameHeaderBytes + length;
    if (this.#slab.length - this.#at < needed) this.#nextSlab(needed);
    const slab = this.#slab;
    const at = this.#at;
    slab[at] = length >>> 16;
    slab[at + 1] = length >>> 8;
    slab[at + 2] = length;
    slab[at + 3] = type;
    slab[at + 4] = flags;
    this.#u32(at + 5, stream);
    this.#at = at + needed;
    if (!this.#flushing) this.wake();
    return at + frameHeaderBytes;
  }

  #u32(at: number, value: number): void {
    const slab = this.#slab;
    slab[at] = value >>> 24;
    slab[at + 1] = value >>> 16;
    slab[at + 2] = value >>> 8;
    slab[at + 3] = value;
  }

  #nextSlab(bytesMin: number): void {
    this.flush();
    const { length } = this.#slab;
    const next = Math.min(slabBytesMax, Math.max(2 * length, bytesMin));
    this.#slab = Buffer.allocUnsafeSlow(next);
    this.#dataStream = 0;
    this.#from = 0;
    this.#at = 0;
    if (this.#filled || length < slabBytesMax) return;
    this.#filled = true;
    setImmediate(endTurn, this);
  }
}

function endTick(output: FrameOutput): void {
  output.tick();
}

function endTurn(output: FrameOutput): void {
  output.turn();
}
