/** Bytes into frames and frames into messages, each length checked before anything is kept. */
import { ReefError } from "../../core/errors.ts";
import { readUint16, readUint32 } from "../../core/little-endian.ts";
import { chunkBytes, flag, headerBytes, partialsMax } from "./frames.ts";

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

export interface FrameReceiver {
  readonly onMessage: OnMessage;
  /**
   * Whether a message in pieces is wanted. When it is not, its pieces are dropped as they come, and the last of them
   * arrives as if it were whole: for a call that is over, so that it is dropped too.
   * @throws {ReefError} `invalid_argument` for a type that never comes in pieces
   */
  readonly wants: (type: number, call: number) => boolean;
}

/** A message that has more frames to come. */
interface Partial {
  readonly type: number;
  /** Twice as long each time it is full: a list of tiny pieces would cost a hundred times their bytes. */
  data: Buffer;
  bytes: number;
}

export class FrameReader {
  readonly #receiver: FrameReceiver;
  readonly #onMessage: OnMessage;
  readonly #messageBytesMax: number;
  readonly #partials = new Map<number, Partial>();
  #rest: Buffer | undefined;

  constructor(messageBytesMax: number, receiver: FrameReceiver) {
    this.#messageBytesMax = messageBytesMax;
    this.#receiver = receiver;
    this.#onMessage = receiver.onMessage;
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
      const length = readUint32(data, at);
      if (length > chunkBytes) throw tooLong(length);
      const end = at + headerBytes + length;
      if (end > data.length) break;
      this.#frame(data, at, end);
      at = end;
    }
    // At most one frame is ever incomplete, so this copy is bounded by its length.
    if (at < data.length) this.#rest = Buffer.from(data.subarray(at));
  }

  /** The call is over; when a message of it was being put together, the rest of that will not come. */
  forget(call: number): void {
    if (this.#partials.size > 0) this.#partials.delete(call);
  }

  /** Nothing more will be read. */
  clear(): void {
    this.#partials.clear();
    this.#rest = undefined;
  }

  #frame(data: Buffer, at: number, end: number): void {
    const type = data[at + 4] ?? 0;
    const flags = data[at + 5] ?? 0;
    const method = readUint16(data, at + 6);
    const call = readUint32(data, at + 8);
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
    // Other frames of the same call (CREDIT, END of the answers, ERROR) may come between the pieces of a message.
    const begun = open?.type === type ? open : undefined;
    if (!begun && !more) {
      this.#onMessage(type, flags, method, call, payload, 0, payload.length);
      return;
    }
    const partial = begun ?? this.#begin(type, call, open);
    if (!partial) return;
    this.#append(partial, payload);
    if (more) return;
    this.#partials.delete(call);
    this.#onMessage(type, flags, method, call, partial.data, 0, partial.bytes);
  }

  /** A message of another type takes the place of the one that was cut for it. */
  #begin(type: number, call: number, cut: Partial | undefined): Partial | undefined {
    if (!this.#receiver.wants(type, call)) return undefined;
    if (!cut && this.#partials.size >= partialsMax) throw tooManyPartials();
    const partial = { type, data: Buffer.allocUnsafeSlow(0), bytes: 0 };
    this.#partials.set(call, partial);
    return partial;
  }

  #append(partial: Partial, payload: Buffer): void {
    const bytes = partial.bytes + payload.length;
    if (bytes > this.#messageBytesMax) throw messageTooLong(this.#messageBytesMax);
    if (bytes > partial.data.length) {
      const room = Math.min(this.#messageBytesMax, Math.max(bytes, partial.data.length * 2));
      const grown = Buffer.allocUnsafeSlow(room);
      grown.set(partial.data.subarray(0, partial.bytes));
      partial.data = grown;
    }
    partial.data.set(payload, partial.bytes);
    partial.bytes = bytes;
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
