/**
 * Frames out of one connection. They are encoded in place into a slab and written with one `socket.write` per tick, or
 * per turn of the event loop: coalescing is worth five times the throughput, and not copying another 1.7
 * (docs/decisions/0004).
 */
import assert from "node:assert/strict";
import type { Socket } from "node:net";

import type { Sink } from "../../contract/codec.ts";
import { chunkBytes, headerBytes } from "./frames.ts";
import { LongMessages } from "./long-messages.ts";

/** One slab holds many small frames or one full one. */
const slabBytes = chunkBytes + headerBytes;

/**
 * Small frames that wait for the end of the tick, at most: the far side works on them meanwhile. Without it two sides
 * that answer each other take turns, one of them always idle; more writes would cost more than they win.
 */
const framesPerWrite = 128;

export interface FrameWriterOptions {
  /** Called whenever something has gone to the socket, or out of it. @default nobody wants to know */
  readonly onWritten?: () => void;
  /** Whether frames of others may come in this turn of the event loop. @default false */
  readonly isShared?: (() => boolean) | undefined;
}

export class FrameWriter implements Sink {
  readonly #socket: Socket;
  readonly #onWritten: () => void;
  readonly #isShared: () => boolean;
  readonly #long: LongMessages;
  #slab: Buffer = Buffer.allocUnsafeSlow(slabBytes);
  /** The same memory: numbers of a header are written in it without a call. */
  #view = viewOf(this.#slab);
  /** Bytes before `#from` are with the socket; those up to `at` wait for the flush. */
  #from = 0;
  at = 0;
  #frameStart = 0;
  /** A frame was begun and not yet ended. */
  #open = false;
  #flushing = false;
  /** Since the last write. */
  #frames = 0;
  #finishing = false;
  /** What `taken` saw last: whether something waited, and how much had gone before it. */
  #waited = false;
  #gone = 0;
  /** Set while the socket takes no more: long messages and streams wait for it. */
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(socket: Socket, { onWritten = ignore, isShared = alone }: FrameWriterOptions = {}) {
    this.#socket = socket;
    this.#onWritten = onWritten;
    this.#isShared = isShared;
    this.#long = new LongMessages(this);
    socket.on("drain", () => {
      this.#resume();
      this.#onWritten();
    });
    socket.on("close", () => {
      this.#long.clear();
      this.#resume();
    });
  }

  /** Bytes that wait for the far side to read. */
  get backlogBytes(): number {
    return this.#socket.writableLength + this.at - this.#from + this.#long.bytes;
  }

  /** Whether the far side has taken some of what waited for it since this was last asked. */
  taken(): boolean {
    const { bytesWritten, writableLength } = this.#socket;
    const gone = bytesWritten - writableLength;
    const taken = this.#waited && gone > this.#gone;
    this.#waited = writableLength > 0;
    this.#gone = gone;
    return taken;
  }

  /** Resolves when the socket takes more; undefined when it does now. */
  get congestion(): Promise<void> | undefined {
    return this.#drained?.promise;
  }

  /** Payload bytes of the open frame so far. */
  get payloadBytes(): number {
    return this.at - this.#frameStart - headerBytes;
  }

  /** Opens a frame; its payload is what is written until `end`. */
  begin(type: number, flags: number, method: number, call: number): void {
    assert(!this.#open, "a frame was begun while another is being encoded");
    if (this.#slab.length - this.at < headerBytes) this.#nextSlab(this.at, headerBytes);
    const slab = this.#slab;
    const at = this.at;
    this.#open = true;
    this.#frameStart = at;
    slab[at + 4] = type;
    slab[at + 5] = flags;
    this.#view.setUint16(at + 6, method, true);
    this.#view.setUint32(at + 8, call, true);
    this.at = at + headerBytes;
  }

  text(value: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8; counting exactly is only for what may not fit.
    if (this.#slab.length - this.at < value.length * 3) this.#room(Buffer.byteLength(value));
    this.at += this.#slab.write(value, this.at, "utf8");
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length);
    this.#slab.set(value, this.at);
    this.at += value.length;
  }

  room(bytes: number): Buffer {
    this.#room(bytes);
    return this.#slab;
  }

  u16(value: number): void {
    this.#room(2);
    this.#view.setUint16(this.at, value, true);
    this.at += 2;
  }

  u32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.at, value, true);
    this.at += 4;
  }

  i32(value: number): void {
    this.#room(4);
    this.#view.setInt32(this.at, value, true);
    this.at += 4;
  }

  /** Forgets the open frame, when there is one: encoding failed. */
  undo(): void {
    if (!this.#open) return;
    this.#open = false;
    this.at = this.#frameStart;
    this.#shed();
  }

  /**
   * Closes the frame; it leaves at the end of this tick. A payload over `chunkBytes` leaves in pieces, and the promise
   * resolves with the last of them or when it was cut: until then nothing else of the same call may be written.
   */
  end(): Promise<void> | undefined {
    this.#open = false;
    const length = this.payloadBytes;
    if (length > chunkBytes) return this.#endLong();
    this.#view.setUint32(this.#frameStart, length, true);
    this.#frames += 1;
    if (this.#frames >= framesPerWrite) this.flush();
    else this.#schedule();
    return undefined;
  }

  /** A frame without payload. */
  signal(type: number, method: number, call: number): void {
    this.begin(type, 0, method, call);
    this.end();
  }

  /** Writes no more of a call's long message; true when there was one. */
  cut(call: number): boolean {
    return this.#long.cut(call);
  }

  /** Gives everything to the socket now instead of at the end of the tick. */
  flush(): void {
    if (this.at === this.#from || this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#frames = 0;
    const part = this.#slab.subarray(this.#from, this.at);
    this.#from = this.at;
    if (!this.#socket.write(part)) this.#drained ??= Promise.withResolvers<void>();
  }

  /** Sends what was written, long messages too, and then the end of the stream. */
  finish(): void {
    this.#finishing = true;
    this.tick();
  }

  /** @internal What is due at the end of a tick, or when the socket takes more: `flushTick`, `LongMessages`. */
  tick(): void {
    this.#flushing = false;
    this.flush();
    this.#long.write();
    if (this.#finishing && this.#long.bytes === 0) this.#socket.end();
    this.#onWritten();
  }

  #schedule(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // Requests of many sockets come in one turn and in a tick each: one write for all of them. A call that is alone
    // would only lose time by it.
    if (this.#isShared()) setImmediate(flushTick, this);
    else process.nextTick(flushTick, this);
  }

  #resume(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /** Room in the open frame. */
  #room(bytes: number): void {
    if (this.#slab.length - this.at < bytes) this.#nextSlab(this.#frameStart, bytes);
  }

  /** A new slab that begins with what follows `keepFrom`; what is before it goes to the socket. */
  #nextSlab(keepFrom: number, needBytes: number): void {
    const keep = this.#slab.subarray(keepFrom, this.at);
    this.at = keepFrom;
    this.flush();
    // At least twice as long as what is kept: a message in many small parts is not copied for each of them.
    const roomBytes = keep.length + Math.max(keep.length, needBytes);
    const slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, roomBytes));
    slab.set(keep);
    this.#slab = slab;
    this.#view = viewOf(slab);
    this.#from = 0;
    this.#frameStart = 0;
    this.at = keep.length;
  }

  /** A slab that grew for one message is not kept for the small ones that follow. */
  #shed(): void {
    if (this.#slab.length > slabBytes) this.#nextSlab(this.at, 0);
  }

  #endLong(): Promise<void> {
    const start = this.#frameStart;
    const slab = this.#slab;
    const written = this.#long.add({
      type: slab[start + 4] ?? 0,
      flags: slab[start + 5] ?? 0,
      method: slab.readUInt16LE(start + 6),
      call: slab.readUInt32LE(start + 8),
      // The slab is the message's from now on: `#shed` gives the writer another.
      payload: slab.subarray(start + headerBytes, this.at),
    });
    this.at = start;
    this.#shed();
    this.#schedule();
    return written;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function alone(): boolean {
  return false;
}

function ignore(): void {}

function flushTick(writer: FrameWriter): void {
  writer.tick();
}
