/** Writes the bytes of protobuf, one value after the other, into a buffer that grows. */

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
  #view = new DataView(this.#bytes.buffer);
  #end = 0;

  tag(number: number, wireType: number): void {
    this.varint32((number << 3) | wireType);
  }

  /** Of the lowest 32 bits. */
  varint32(value: number): void {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#bytes[this.#end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#end++] = rest;
  }

  /** A negative int32 takes ten bytes, as if it were an int64. */
  int32(value: number): void {
    if (value >= 0) this.varint32(value);
    else this.varint64(BigInt(value));
  }

  varint64(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.#bytes[this.#end++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#end++] = Number(rest);
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#end, value, true);
    this.#end += 4;
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#end, BigInt.asUintN(64, value), true);
    this.#end += 8;
  }

  float(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.#end, value, true);
    this.#end += 4;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#end, value, true);
    this.#end += 8;
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
    const start = this.#end;
    write();
    const length = this.#end - start;
    // The length is known only now: as many bytes as it takes are made free in front.
    this.varint32(length);
    const size = this.#end - start - length;
    const prefix = this.#bytes.slice(this.#end - size, this.#end);
    this.#bytes.copyWithin(start + size, start, start + length);
    this.#bytes.set(prefix, start);
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
    this.#view = new DataView(grown.buffer);
  }
}

const encoder = new TextEncoder();
