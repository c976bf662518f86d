/**
 * Reads the bytes of protobuf that nobody vouches for: every length is checked before it is used. Unlike the functions
 * that generated decoders call it says what is wrong and where, and keeps its place in an object, which they cannot
 * afford.
 */
import { ReefError } from "../../core/errors.ts";
import { unusual } from "../code.ts";
import { type Cursor, readBits } from "../protobuf/wire-read.ts";
import { varintBytesMax } from "../protobuf/wire-write.ts";
import { fieldNumberMax } from "../shape.ts";
import { wireTypes } from "./wire-writer.ts";

/** As protobuf's own libraries: groups inside of groups that nobody knows, and messages inside of messages. */
export const wireDepthMax = 100;

export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** For the text of errors: `the file descriptor`. */
  readonly #what: string;
  readonly #cursor: Cursor = { at: 0 };
  #at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  tag(): { number: number; wireType: number } {
    const tag = this.varint64();
    const number = Number(tag >> 3n);
    if (number < 1 || number > fieldNumberMax) throw this.fail(`field number ${number}`);
    return { number, wireType: Number(tag & 7n) };
  }

  varint64(): bigint {
    try {
      const value = readBits(this.#bytes, this.#at, this.#bytes.length, this.#cursor);
      this.#at = this.#cursor.at;
      return value;
    } catch (error) {
      if (error !== unusual) throw error;
      const isCut = this.#bytes.length - this.#at < varintBytesMax;
      throw this.fail(isCut ? "an end inside a number" : "a number of more than 10 bytes");
    }
  }

  int32(): number {
    return Number(BigInt.asIntN(32, this.varint64()));
  }

  fixed32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  fixed64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  float(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A view of the buffer, not a copy. */
  bytes(): Uint8Array {
    const length = Number(this.varint64());
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  string(): string {
    try {
      return decoder.decode(this.bytes());
    } catch (cause) {
      if (cause instanceof ReefError) throw cause;
      throw this.fail("text that is not UTF-8", cause);
    }
  }

  /** Steps over a value whose tag was read. */
  skip(number: number, wireType: number, depth = 0): void {
    if (depth > wireDepthMax) throw this.fail(`groups deeper than ${wireDepthMax}`);
    if (wireType === wireTypes.varint) this.varint64();
    else if (wireType === wireTypes.fixed64) this.#take(8);
    else if (wireType === wireTypes.bytes) this.bytes();
    else if (wireType === wireTypes.fixed32) this.#take(4);
    else if (wireType === wireTypes.open) this.group(number, depth);
    else throw this.fail(`wire type ${wireType}`);
  }

  /** What was read since `start`. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#at);
  }

  fail(found: string, cause?: unknown): ReefError {
    return new ReefError(
      "invalid_argument",
      `Cannot read ${this.#what}: its bytes are not protobuf, ${found} at byte ${this.#at}; send what was encoded`,
      { cause, maybeExecuted: false },
    );
  }

  /** What is between the tag that was read and the one that ends it: a view of the buffer, not a copy. */
  group(number: number, depth = 0): Uint8Array {
    const start = this.#at;
    for (;;) {
      const end = this.#at;
      const tag = this.tag();
      if (tag.wireType !== wireTypes.close) this.skip(tag.number, tag.wireType, depth + 1);
      else if (tag.number === number) return this.#bytes.subarray(start, end);
      else throw this.fail(`the end of group ${tag.number} in group ${number}`);
    }
  }

  #take(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) throw this.fail("an end inside a value");
    this.#at = start + count;
    return start;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
