/**
 * Frames out of one connection. They are encoded in place into a slab and written with one `socket.write` per tick:
 * coalescing is worth five times the throughput, and not copying another 1.7 (docs/decisions/0004).
 */
import type { Socket } from "node:net";

import type { Sink } from "../../contract/codec.ts";
import { chunkBytes, flag, headerBytes } from "./frames.ts";

/** One slab holds many small frames or one full one. */
const slabBytes = chunkBytes + headerBytes;

/** A message that is written chunk by chunk, in turn with the frames of other calls. */
interface LongMessage {
  readonly type: number;
  readonly flags: number;
  readonly method: number;
  readonly call: number;
  readonly payload: Buffer;
  offset: number;
  readonly written: () => void;
}

export class FrameWriter implements Sink {
  readonly #socket: Socket;
  #slab: Buffer = Buffer.allocUnsafeSlow(slabBytes);
  /** Bytes before `#from` are with the socket; those up to `#at` wait for the flush. */
  #from = 0;
  #at = 0;
  #frameStart = 0;
  #flushing = false;
  #long: LongMessage[] = [];
  /** Set while the socket takes no more: long messages and streams wait for it. */
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("drain", () => {
      this.#drained?.resolve();
      this.#drained = undefined;
    });
    socket.on("close", () => this.#abandon());
  }

  /** Bytes that wait for the far side to read. */
  get backlogBytes(): number {
    return this.#socket.writableLength + this.#at - this.#from;
  }

  /** Resolves when the socket takes more; undefined when it does now. */
  get congestion(): Promise<void> | undefined {
    return this.#drained?.promise;
  }

  /** Opens a frame; its payload is what is written until `end`. */
  begin(type: number, flags: number, method: number, call: number): void {
    if (this.#slab.length - this.#at < headerBytes) this.#nextSlab(this.#at, headerBytes);
    const slab = this.#slab;
    const at = this.#at;
    this.#frameStart = at;
    slab[at + 4] = type;
    slab[at + 5] = flags;
    slab[at + 6] = method & 0xff;
    slab[at + 7] = method >>> 8;
    slab.writeUInt32LE(call, at + 8);
    this.#at = at + headerBytes;
  }

  text(value: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8; counting exactly is only for what may not fit.
    if (this.#slab.length - this.#at < value.length * 3) this.#room(Buffer.byteLength(value));
    this.#at += this.#slab.write(value, this.#at, "utf8");
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length);
    this.#slab.set(value, this.#at);
    this.#at += value.length;
  }

  u16(value: number): void {
    this.#room(2);
    this.#at = this.#slab.writeUInt16LE(value, this.#at);
  }

  u32(value: number): void {
    this.#room(4);
    this.#at = this.#slab.writeUInt32LE(value, this.#at);
  }

  i32(value: number): void {
    this.#room(4);
    this.#at = this.#slab.writeInt32LE(value, this.#at);
  }

  /** Payload bytes of the open frame so far. */
  get payloadBytes(): number {
    return this.#at - this.#frameStart - headerBytes;
  }

  /** Forgets the open frame: encoding failed. */
  undo(): void {
    this.#at = this.#frameStart;
  }

  /**
   * Closes the frame; it leaves at the end of this tick. A payload over `chunkBytes` leaves in pieces, and the promise
   * resolves with the last of them: until then nothing else of the same call may be written.
   */
  end(): Promise<void> | undefined {
    const length = this.payloadBytes;
    if (length > chunkBytes) return this.#queueLong();
    this.#slab.writeUInt32LE(length, this.#frameStart);
    this.#schedule();
    return undefined;
  }

  /** A frame without payload. */
  signal(type: number, method: number, call: number): void {
    this.begin(type, 0, method, call);
    this.end();
  }

  /** Gives everything to the socket now instead of at the end of the tick. */
  flush(): void {
    if (this.#at === this.#from || this.#socket.destroyed) return;
    const part = this.#slab.subarray(this.#from, this.#at);
    this.#from = this.#at;
    if (!this.#socket.write(part)) this.#drained ??= Promise.withResolvers<void>();
  }

  #schedule(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(flushTick, this);
  }

  /** @internal for `flushTick` */
  tick(): void {
    this.#flushing = false;
    this.flush();
    if (this.#long.length > 0) this.#writeChunks();
  }

  /** Room in the open frame. */
  #room(bytes: number): void {
    if (this.#slab.length - this.#at < bytes) this.#nextSlab(this.#frameStart, bytes);
  }

  /** A new slab that begins with what follows `keepFrom`; what is before it goes to the socket. */
  #nextSlab(keepFrom: number, needBytes: number): void {
    const keep = this.#slab.subarray(keepFrom, this.#at);
    this.#at = keepFrom;
    this.flush();
    const slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, keep.length + needBytes));
    slab.set(keep);
    this.#slab = slab;
    this.#from = 0;
    this.#frameStart = 0;
    this.#at = keep.length;
  }

  #queueLong(): Promise<void> {
    const start = this.#frameStart;
    const slab = this.#slab;
    const payload = Buffer.from(slab.subarray(start + headerBytes, this.#at));
    const done = Promise.withResolvers<void>();
    this.#long.push({
      type: slab[start + 4] ?? 0,
      flags: slab[start + 5] ?? 0,
      method: slab.readUInt16LE(start + 6),
      call: slab.readUInt32LE(start + 8),
      payload,
      offset: 0,
      written: done.resolve,
    });
    this.#at = start;
    // A slab that grew for one message is not kept for the small ones that follow.
    if (slab.length > slabBytes) this.#nextSlab(start, 0);
    this.#schedule();
    return done.promise;
  }

  /** One chunk of each long message, then the event loop may bring others. */
  #writeChunks(): void {
    if (this.#drained) {
      void this.#drained.promise.then(() => this.#schedule());
      return;
    }
    const unfinished: LongMessage[] = [];
    for (const message of this.#long.splice(0)) {
      const next = Math.min(message.offset + chunkBytes, message.payload.length);
      const more = next < message.payload.length;
      const flags = more ? message.flags | flag.more : message.flags;
      this.begin(message.type, flags, message.method, message.call);
      this.bytes(message.payload.subarray(message.offset, next));
      this.#slab.writeUInt32LE(this.payloadBytes, this.#frameStart);
      message.offset = next;
      if (more) unfinished.push(message);
      else message.written();
    }
    this.#long.push(...unfinished);
    this.flush();
    if (this.#long.length > 0) setImmediate(() => this.tick());
  }

  #abandon(): void {
    for (const message of this.#long.splice(0)) message.written();
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}

function flushTick(writer: FrameWriter): void {
  writer.tick();
}
