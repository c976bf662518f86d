/**
 * What generated encoders call, and `WireWriter` with room made before: each writes one value into `bytes` from `at` on
 * and returns where it ended. Room for numbers is seen to by the caller, for text and bytes here.
 */
import { utf8Length, writeUtf8 } from "../../core/text-bytes.ts";

/** What is thrown when the memory has no room for the message: it is tried again with more. */
export const overflow = new Error("A message that is longer than the memory for it");

/** The longest that a number or a length can be. */
export const varintBytesMax = 10;

/** Up to here a loop over the characters is faster than a call out of JavaScript. */
const shortText = 12;

export function writeText(bytes: Uint8Array, at: number, text: string): number {
  const { length } = text;
  if (length > shortText) return writeLongText(bytes, at, text);
  if (bytes.length - at < shortText + 1) throw overflow;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 127) return writeLongText(bytes, at, text);
    bytes[at + 1 + index] = unit;
  }
  bytes[at] = length;
  return at + 1 + length;
}

function writeLongText(bytes: Uint8Array, at: number, text: string): number {
  const { length } = text;
  const room = bytes.length - at - 5;
  // A UTF-16 unit takes at most three bytes of UTF-8; counting exactly is only for what may not fit.
  if (length * 3 > room && utf8Length(text) > room) throw overflow;
  // As most text is ASCII, its length is a good guess of how much its length needs.
  const start = at + varintBytes(length);
  return writeLength(bytes, at, start, start + writeUtf8(text, bytes, start));
}

export function writeBytes(bytes: Uint8Array, at: number, value: Uint8Array): number {
  const start = writeUint32(bytes, at, value.length);
  if (bytes.length - start < value.length) throw overflow;
  bytes.set(value, start);
  return start + value.length;
}

/** The length of `bytes[start, end)` into `at`, where room was left for it; moves the bytes when that was too much. */
export function writeLength(bytes: Uint8Array, at: number, start: number, end: number): number {
  const length = end - start;
  const first = at + varintBytes(length);
  if (first !== start) {
    if (first + length > bytes.length) throw overflow;
    bytes.copyWithin(first, start, end);
  }
  writeUint32(bytes, at, length);
  return first + length;
}

/** How many bytes a length takes. */
export function varintBytes(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x4000) return 2;
  return length < 0x20_0000 ? 3 : length < 0x1000_0000 ? 4 : 5;
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): number {
  let rest = value >>> 0;
  let next = at;
  while (rest > 127) {
    bytes[next++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[next] = rest;
  return next + 1;
}

/** A negative one takes ten bytes, as if it had 64 bits. */
export function writeInt32(bytes: Uint8Array, at: number, value: number): number {
  return value >= 0 ? writeUint32(bytes, at, value) : writeHalves(bytes, at, value, -1);
}

/** A whole number that is exact. */
export function writeWhole(bytes: Uint8Array, at: number, value: number): number {
  if (value >= 0 && value <= 0xffff_ffff) return writeUint32(bytes, at, value);
  // ToInt32 is modulo 2^32, also of numbers beyond.
  return writeHalves(bytes, at, value | 0, Math.floor(value / 0x1_0000_0000));
}

export function writeBig(bytes: Uint8Array, at: number, value: bigint): number {
  if (value >= 0n && value <= 0xffff_ffffn) return writeUint32(bytes, at, Number(value));
  const low = Number(BigInt.asIntN(32, value));
  return writeHalves(bytes, at, low, Number(BigInt.asIntN(32, value >> 32n)));
}

function writeHalves(bytes: Uint8Array, at: number, low: number, high: number): number {
  let next = at;
  let lower = low >>> 0;
  let upper = high >>> 0;
  while (upper > 0 || lower > 127) {
    bytes[next++] = (lower & 127) | 128;
    lower = ((lower >>> 7) | (upper << 25)) >>> 0;
    upper >>>= 7;
  }
  bytes[next] = lower;
  return next + 1;
}

export function writeFixed32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
  return at + 4;
}

export function writeFixed64(bytes: Uint8Array, at: number, value: bigint): number {
  writeFixed32(bytes, at, Number(BigInt.asIntN(32, value)));
  return writeFixed32(bytes, at + 4, Number(BigInt.asIntN(32, value >> 32n)));
}

export function zigzag32(value: number): number {
  return (value << 1) ^ (value >> 31);
}

export function zigzag64(value: bigint | number): bigint {
  const big = BigInt(value);
  return BigInt.asUintN(64, (big << 1n) ^ (big >> 63n));
}

/** A writer of floats: numbers pass through memory of its own to become bytes. */
export function createFloatWriter(bits: 32 | 64) {
  const scratch = new Uint8Array(8);
  const view = new DataView(scratch.buffer);
  return (bytes: Uint8Array, at: number, value: number): number => {
    if (bits === 32) view.setFloat32(0, value, true);
    else view.setFloat64(0, value, true);
    const size = bits / 8;
    for (let index = 0; index < size; index++) bytes[at + index] = scratch[index] ?? 0;
    return at + size;
  };
}
