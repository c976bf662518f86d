/** Bytes into frames and frames into messages, each length checked before anything is kept. */
import { ReefError } from "../../core/errors.ts";
import { chunkBytes, flag, headerBytes } from "./frames.ts";

/** Gets a whole message: `payload[start, end)` is valid only during the call. */
export type OnMessage = (
  type: number,
  flags: number,
  method: number,
  call: number,
  payload: Buffer,
  start: number,
  end: number,
) => void;

/** The pieces of a message that has more frames to come. */
interface Partial {
  readonly type: number;
  readonly pieces: Buffer[];
  bytes: number;
}

/** Messages in pieces at once: each may hold `messageBytes`, so this bounds what a peer can make us keep. */
export const partialsMax = 64;

export class FrameReader {
  readonly #onMessage: OnMessage;
  readonly #messageBytesMax: number;
  readonly #partials = new Map<number, Partial>();
  #rest: Buffer | undefined;

  constructor(messageBytesMax: number, onMessage: OnMessage) {
    this.#messageBytesMax = messageBytesMax;
    this.#onMessage = onMessage;
  }

  /**
   * Takes what the socket delivered.
   * @throws {ReefError} `invalid_argument` when it is not this wire: the connection cannot go on
   */
  push(chunk: Buffer): void {
    const data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    let at = 0;
    while (data.length - at >= headerBytes) {
      const length = data.readUInt32LE(at);
      if (length > chunkBytes) throw tooLong(length);
      const end = at + headerBytes + length;
      if (end > data.length) break;
      this.#frame(data, at, end);
      at = end;
    }
    // At most one frame is ever incomplete, so this copy is bounded by its length.
    if (at < data.length) this.#rest = Buffer.from(data.subarray(at));
  }

  /** The far side gave up a call in the middle of a message. */
  forget(call: number): void {
    if (this.#partials.size > 0) this.#partials.delete(call);
  }

  #frame(data: Buffer, at: number, end: number): void {
    const type = data[at + 4] ?? 0;
    const flags = data[at + 5] ?? 0;
    const method = data.readUInt16LE(at + 6);
    const call = data.readUInt32LE(at + 8);
    const start = at + headerBytes;
    if ((flags & flag.more) === 0 && this.#partials.size === 0) {
      this.#onMessage(type, flags, method, call, data, start, end);
      return;
    }
    this.#piece(type, flags, method, call, data.subarray(start, end));
  }

  #piece(type: number, flags: number, method: number, call: number, payload: Buffer): void {
    const more = (flags & flag.more) !== 0;
    const open = this.#partials.get(call);
    // Control frames (CREDIT, CANCEL, ERROR) of the same call come between the pieces of a message.
    const begun = open?.type === type ? open : undefined;
    if (!begun && !more) {
      this.#onMessage(type, flags, method, call, payload, 0, payload.length);
      return;
    }
    const partial = begun ?? this.#begin(type, call);
    partial.bytes += payload.length;
    if (partial.bytes > this.#messageBytesMax) throw messageTooLong(this.#messageBytesMax);
    partial.pieces.push(Buffer.from(payload));
    if (more) return;
    this.#partials.delete(call);
    const whole = Buffer.concat(partial.pieces);
    this.#onMessage(type, flags, method, call, whole, 0, whole.length);
  }

  #begin(type: number, call: number): Partial {
    if (this.#partials.size >= partialsMax) throw tooManyPartials();
    const partial = { type, pieces: [], bytes: 0 };
    this.#partials.set(call, partial);
    return partial;
  }
}

function tooLong(length: number): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot read a frame: the limit is ${chunkBytes} bytes, this one says ${length}`,
  );
}

function messageTooLong(limit: number): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot read a message: it is longer than the ${limit} bytes that were announced`,
  );
}

function tooManyPartials(): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot read a message: ${partialsMax} others have already begun and not ended`,
  );
}
