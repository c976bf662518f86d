/** Writes the bytes of protobuf, one value after the other, into a buffer that grows. */
import {
  createFloatWriter,
  varintBytesMax,
  writeBig,
  writeFixed32,
  writeFixed64,
  writeInt32,
  writeLength,
  writeUint32,
} from "../protobuf/wire-write.ts";

export const wireTypes = {
  varint: 0,
  fixed64: 1,
  bytes: 2,
  open: 3,
  close: 4,
  fixed32: 5,
} as const;

export class WireWriter {
  #bytes = new Uint8Array(256);
  #end = 0;

  tag(number: number, wireType: number): void {
    this.varint32((number << 3) | wireType);
  }

  /** Of the lowest 32 bits. */
  varint32(value: number): void {
    this.#reserve(varintBytesMax);
    this.#end = writeUint32(this.#bytes, this.#end, value);
  }

  /** A negative int32 takes ten bytes, as if it were an int64. */
  int32(value: number): void {
    this.#reserve(varintBytesMax);
    this.#end = writeInt32(this.#bytes, this.#end, value);
  }

  varint64(value: bigint): void {
    this.#reserve(varintBytesMax);
    this.#end = writeBig(this.#bytes, this.#end, value);
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#end = writeFixed32(this.#bytes, this.#end, value);
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#end = writeFixed64(this.#bytes, this.#end, value);
  }

  float(value: number): void {
    this.#reserve(4);
    this.#end = writeFloat(this.#bytes, this.#end, value);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#end = writeDouble(this.#bytes, this.#end, value);
  }

  /** With their length in front. */
  bytes(value: Uint8Array): void {
    this.varint32(value.length);
    this.raw(value);
  }

  string(value: string): void {
    this.bytes(encoder.encode(value));
  }

  /** As they are. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#end);
    this.#end += value.length;
  }

  /** What `write` writes, with its length in front. */
  sized(write: () => void): void {
    const at = this.#end;
    // The length is known only afterwards: of most messages it takes one byte.
    this.#reserve(1);
    this.#end = at + 1;
    write();
    this.#reserve(varintBytesMax);
    this.#end = writeLength(this.#bytes, at, at + 1, this.#end);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#end);
  }

  #reserve(count: number): void {
    const wanted = this.#end + count;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
  }
}

const encoder = new TextEncoder();
const writeFloat = createFloatWriter(32);
const writeDouble = createFloatWriter(64);
