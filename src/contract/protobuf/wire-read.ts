/**
 * What generated decoders call. What is not as it nearly always is throws `unusual`, and the interpreted decoder says
 * what it means; nothing is read from `end` on.
 */
import { textOfUtf8 } from "../../core/text-bytes.ts";
import { codeAllowed, unusual } from "../code.ts";

/** Where the reader of a number stopped. */
export interface Cursor {
  at: number;
}

/** The low 32 bits of a varint. */
export function readInt32(bytes: Uint8Array, start: number, end: number, cursor: Cursor): number {
  let value = 0;
  for (let at = start, shift = 0; at < end && shift < 70; at++, shift += 7) {
    // It is before the end.
    const byte = bytes[at] as number;
    if (shift < 32) value |= (byte & 127) << shift;
    if (byte > 127) continue;
    cursor.at = at + 1;
    return value;
  }
  throw unusual;
}

/** A length or a tag: more than 31 bits are unusual. */
export function readSize(bytes: Uint8Array, start: number, end: number, cursor: Cursor): number {
  let value = 0;
  for (let at = start, shift = 0; at < end && shift < 28; at++, shift += 7) {
    const byte = bytes[at] as number;
    value |= (byte & 127) << shift;
    if (byte > 127) continue;
    cursor.at = at + 1;
    return value;
  }
  return readLongSize(bytes, start, end, cursor);
}

function readLongSize(bytes: Uint8Array, start: number, end: number, cursor: Cursor): number {
  const value = readBits(bytes, start, end, cursor);
  if (value > 0xffff_ffffn) throw unusual;
  return Number(value);
}

/** A varint of 64 bits. */
export function readBits(bytes: Uint8Array, start: number, end: number, cursor: Cursor): bigint {
  let [low, middle, high] = [0, 0, 0];
  let at = start;
  for (let shift = 0; shift < 70; shift += 7) {
    if (at >= end) throw unusual;
    const byte = bytes[at++] as number;
    if (shift < 28) low |= (byte & 127) << shift;
    else if (shift < 56) middle |= (byte & 127) << (shift - 28);
    else high |= (byte & 127) << (shift - 56);
    if (byte > 127) continue;
    cursor.at = at;
    // Up to 52 bits a number is exact.
    if (middle < 0x100_0000 && high === 0) return BigInt(low + middle * 0x1000_0000);
    const bits = BigInt(low) | (BigInt(middle) << 28n) | (BigInt(high) << 56n);
    return BigInt.asUintN(64, bits);
  }
  throw unusual;
}

export function readInt64(bytes: Uint8Array, start: number, end: number, cursor: Cursor): bigint {
  return BigInt.asIntN(64, readBits(bytes, start, end, cursor));
}

export function readWhole(bytes: Uint8Array, start: number, end: number, cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  for (let at = start; at < end && scale < wholeScaleMax; at++, scale *= 128) {
    const byte = bytes[at] as number;
    value += (byte & 127) * scale;
    if (byte > 127) continue;
    cursor.at = at + 1;
    return value;
  }
  return Number(readInt64(bytes, start, end, cursor));
}

/** Seven bytes have 49 bits, which is exact. */
const wholeScaleMax = 2 ** 49;

export function unzigzag64(bits: bigint): bigint {
  return (bits >> 1n) ^ -(bits & 1n);
}

export function readFixed32(bytes: Uint8Array, at: number): number {
  // The caller has seen that they are there.
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as number[];
  return (a as number) | ((b as number) << 8) | ((c as number) << 16) | ((d as number) << 24);
}

export function readFixed64(bytes: Uint8Array, at: number): bigint {
  const low = BigInt(readFixed32(bytes, at) >>> 0);
  return low | (BigInt(readFixed32(bytes, at + 4) >>> 0) << 32n);
}

/** A reader of floats: bytes pass through memory of its own to become a number. */
export function createFloatReader(bits: 32 | 64) {
  const scratch = new Uint8Array(8);
  const view = new DataView(scratch.buffer);
  return (bytes: Uint8Array, at: number): number => {
    for (let index = 0; index < bits / 8; index++) scratch[index] = bytes[at + index] ?? 0;
    return bits === 32 ? view.getFloat32(0, true) : view.getFloat64(0, true);
  };
}

/** Text that is UTF-8; what is not is unusual. */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  const short = shortTexts[end - start]?.(bytes, start);
  if (short !== undefined) return short;
  const text = textOfUtf8(bytes, start, end);
  // It stands for what is no UTF-8, and sometimes for itself.
  if (text.includes("\ufffd")) throw unusual;
  return text;
}

/** Up to here a string of so many character codes is made faster than a call out of JavaScript takes. */
const shortTextMax = 24;

type ShortText = (bytes: Uint8Array, at: number) => string | undefined;

/** By length: the text when it is ASCII. */
const shortTexts: readonly ShortText[] = codeAllowed
  ? Array.from({ length: shortTextMax + 1 }, (_, length) => makeShortText(length))
  : [];

function makeShortText(length: number): ShortText {
  if (length === 0) return () => "";
  const names = Array.from({ length }, (_, index) => `c${index}`);
  const reads = names.map((name, index) => `const ${name} = b[p + ${index}];`).join("\n");
  const body = `${reads}\nif ((${names.join(" | ")}) < 128) return String.fromCharCode(${names.join(", ")});`;
  // The text is made of numbers only.
  return new Function("b", "p", body) as ShortText;
}

/** Where the field that nobody knows ends. It is called for each: an object of options would be made for each, too. */
export function skipField(
  bytes: Uint8Array,
  start: number,
  end: number,
  tag: number,
  cursor: Cursor,
): number {
  const wireType = tag & 7;
  let next = end + 1;
  if (tag < 8) throw unusual;
  if (wireType === 0) {
    readInt32(bytes, start, end, cursor);
    next = cursor.at;
  } else if (wireType === 1) next = start + 8;
  else if (wireType === 5) next = start + 4;
  else if (wireType === 2) {
    const size = readSize(bytes, start, end, cursor);
    next = cursor.at + size;
  }
  if (next > end) throw unusual;
  return next;
}
