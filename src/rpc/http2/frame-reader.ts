/**
 * Frames out of the chunks of a socket, where they lie: nothing is made for a frame, and what is not whole when its
 * chunk ends is copied once, never more than one frame of it.
 */
import { frameBytesMin, frameHeaderBytes, preface, readUint31 } from "./frames.ts";
import { broken, wrongSize } from "./protocol-error.ts";

export interface FrameReceiver {
  /** The payload is `bytes` from `start` to `end`; they lie in the chunk that came. */
  onFrame(
    type: number,
    flags: number,
    stream: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void;
}

const nothing = Buffer.alloc(0);

export class FrameReader {
  readonly #receiver: FrameReceiver;
  #prefaceAt = 0;
  /** A frame that began in an earlier chunk, its header first; empty while not even that is whole. */
  #frame = nothing;
  readonly #header = Buffer.alloc(frameHeaderBytes);
  /** How many bytes of it there are. */
  #size = 0;

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver;
  }

  /** @throws {ProtocolError} when it cannot be what a client sends, or the receiver throws it */
  push(chunk: Buffer): void {
    let at = this.#prefaceAt < preface.length ? this.#readPreface(chunk) : 0;
    if (this.#size > 0) at = this.#goOn(chunk, at);
    while (chunk.length - at >= frameHeaderBytes) {
      const end = at + frameHeaderBytes + lengthOf(chunk, at);
      if (end > chunk.length) break;
      this.#give(chunk, at, end);
      at = end;
    }
    if (at < chunk.length) this.#goOn(chunk, at);
  }

  #give(bytes: Buffer, at: number, end: number): void {
    // Both are before the end.
    const type = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    const stream = readUint31(bytes, at + 5);
    this.#receiver.onFrame(type, flags, stream, bytes, at + frameHeaderBytes, end);
  }

  #readPreface(chunk: Buffer): number {
    const length = Math.min(chunk.length, preface.length - this.#prefaceAt);
    const expected = preface.subarray(this.#prefaceAt, this.#prefaceAt + length);
    if (!chunk.subarray(0, length).equals(expected)) throw broken("its preface is another one");
    this.#prefaceAt += length;
    return length;
  }

  /** Takes what belongs to the frame that has begun; returns where the next begins. */
  #goOn(chunk: Buffer, from: number): number {
    const at = this.#fill(this.#header, frameHeaderBytes, chunk, from);
    if (this.#size < frameHeaderBytes) return at;
    if (this.#frame.length === 0) {
      this.#frame = Buffer.allocUnsafe(frameHeaderBytes + lengthOf(this.#header, 0));
      this.#frame.set(this.#header);
    }
    const frame = this.#frame;
    const end = this.#fill(frame, frame.length, chunk, at);
    if (this.#size < frame.length) return end;
    this.#size = 0;
    this.#frame = nothing;
    this.#give(frame, 0, frame.length);
    return end;
  }

  #fill(into: Buffer, length: number, chunk: Buffer, from: number): number {
    const count = Math.min(length - this.#size, chunk.length - from);
    if (count <= 0) return from;
    chunk.copy(into, this.#size, from, from + count);
    this.#size += count;
    return from + count;
  }
}

function lengthOf(bytes: Buffer, at: number): number {
  // All three are before the end.
  const length =
    ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  if (length <= frameBytesMin) return length;
  throw wrongSize(`a frame has at most ${frameBytesMin} bytes, this one has ${length}`);
}
