/**
 * The envelope that gRPC, gRPC-Web and the streams of Connect put around each message: a byte of flags, four of length,
 * the message. Runs wherever JavaScript does: clients in browsers share it.
 * Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
import { ReefError } from "../../core/errors.ts";

export const envelopeHeaderBytes = 5;

export const envelopeFlag = {
  compressed: 0x01,
  /** Connect: the last envelope, JSON. */
  endStream: 0x02,
  /** gRPC-Web: the last envelope, trailers as text. */
  trailers: 0x80,
} as const;

export interface Envelope {
  readonly flags: number;
  /** Lives as long as the chunk that it came in. */
  readonly data: Uint8Array;
}

const nothing = new Uint8Array(0);

/** Room for a message is made as its bytes come, from this on: a length is only a promise of whoever sends it. */
const roomBytesMin = 4_096;

/** Takes chunks as they come and gives envelopes when they are whole. */
export class EnvelopeReader {
  readonly #bytesMax: number;
  /** What came last and was not read yet, from `#at` on. */
  #chunk: Uint8Array = nothing;
  #at = 0;
  readonly #header = new Uint8Array(envelopeHeaderBytes);
  #headerSize = 0;
  /** Of a message that is in more than one chunk. */
  #body: Uint8Array = nothing;
  #bodySize = 0;

  /** `bytesMax` is the longest message that is taken, as it travels. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The chunk before it must have been read: `next` has given undefined. */
  push(chunk: Uint8Array): void {
    if (this.#at < this.#chunk.length) {
      const both = new Uint8Array(this.#chunk.length - this.#at + chunk.length);
      both.set(this.#chunk.subarray(this.#at));
      both.set(chunk, this.#chunk.length - this.#at);
      this.#chunk = both;
    } else {
      this.#chunk = chunk;
    }
    this.#at = 0;
  }

  /**
   * The next whole envelope; undefined when more must come first.
   * @throws {ReefError} `resource_exhausted` for one that is too long
   */
  next(): Envelope | undefined {
    if (!this.#readHeader()) return this.#forget();
    const length = this.#length();
    if (length > this.#bytesMax) throw tooLong(this.#bytesMax, length);
    const here = this.#chunk.length - this.#at;
    if (this.#bodySize === 0 && here >= length) {
      const data = this.#chunk.subarray(this.#at, this.#at + length);
      this.#at += length;
      return this.#whole(data);
    }
    this.#keep(Math.min(here, length - this.#bodySize), length);
    if (this.#bodySize < length) return this.#forget();
    const data = this.#body.subarray(0, length);
    this.#body = nothing;
    this.#bodySize = 0;
    return this.#whole(data);
  }

  /** Whether an envelope has begun and is not whole: a stream that ends now was cut off. */
  get begun(): boolean {
    return this.#headerSize > 0 || this.#at < this.#chunk.length;
  }

  /** What it keeps of a message that is not whole. */
  get keptBytes(): number {
    return this.#body.length + this.#chunk.length - this.#at;
  }

  #readHeader(): boolean {
    while (this.#headerSize < envelopeHeaderBytes && this.#at < this.#chunk.length) {
      this.#header[this.#headerSize] = this.#chunk[this.#at] ?? 0;
      this.#headerSize += 1;
      this.#at += 1;
    }
    return this.#headerSize === envelopeHeaderBytes;
  }

  #length(): number {
    const [, a = 0, b = 0, c = 0, d = 0] = this.#header;
    return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  }

  #keep(size: number, length: number): void {
    const needed = this.#bodySize + size;
    if (needed > this.#body.length) {
      const room = Math.min(length, Math.max(needed, 2 * this.#body.length, roomBytesMin));
      const larger = new Uint8Array(room);
      larger.set(this.#body.subarray(0, this.#bodySize));
      this.#body = larger;
    }
    this.#body.set(this.#chunk.subarray(this.#at, this.#at + size), this.#bodySize);
    this.#bodySize = needed;
    this.#at += size;
  }

  /** All of the chunk is read: it is not to be kept for the few bytes of it that are copied. */
  #forget(): undefined {
    this.#chunk = nothing;
    this.#at = 0;
  }

  #whole(data: Uint8Array): Envelope {
    this.#headerSize = 0;
    return { flags: this.#header[0] ?? 0, data };
  }
}

/** Writes the five bytes before a message of `length` at `at`. */
export function writeEnvelopeHeader(
  bytes: Uint8Array,
  at: number,
  flags: number,
  length: number,
): void {
  bytes[at] = flags;
  bytes[at + 1] = length >>> 24;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 8;
  bytes[at + 4] = length;
}

/** A message in its envelope. */
export function envelope(flags: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(envelopeHeaderBytes + data.length);
  writeEnvelopeHeader(bytes, 0, flags, data.length);
  bytes.set(data, envelopeHeaderBytes);
  return bytes;
}

function tooLong(bytesMax: number, length: number): ReefError {
  return new ReefError(
    "resource_exhausted",
    `Cannot read a message: the limit is ${bytesMax} bytes, it has ${length}`,
    { maybeExecuted: false },
  );
}
