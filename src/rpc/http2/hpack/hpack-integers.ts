/** Integers as HPACK writes them: in the rest of a byte, or in further bytes of seven bits each (RFC 7541, 5.1). */
import { HpackError } from "./hpack-error.ts";

/** Where a block is being read. */
export interface BlockCursor {
  bytes: Uint8Array;
  at: number;
  end: number;
}

/** Three further bytes reach past 2 million, which is more than any block that is read; a fourth is an attack. */
const lastShift = 14;

/** Reads the integer whose first byte has `prefixBits` for it. */
export function readInteger(cursor: BlockCursor, prefixBits: number): number {
  const mask = (1 << prefixBits) - 1;
  const first = nextByte(cursor) & mask;
  if (first < mask) return first;
  let value = mask;
  for (let shift = 0; shift <= lastShift; shift += 7) {
    const byte = nextByte(cursor);
    value += (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw new HpackError("an integer has at most 4 bytes, this one has more");
}

/** How many bytes `writeInteger` needs. */
export function integerBytes(value: number, prefixBits: number): number {
  let rest = value - ((1 << prefixBits) - 1);
  let bytes = 1;
  for (; rest >= 0; rest = rest < 0x80 ? -1 : Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Writes behind the bits of `pattern`; returns where the next byte goes. */
export function writeInteger(
  into: Uint8Array,
  at: number,
  { value, prefixBits, pattern }: { value: number; prefixBits: number; pattern: number },
): number {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) {
    into[at] = pattern | value;
    return at + 1;
  }
  into[at] = pattern | mask;
  let next = at + 1;
  let rest = value - mask;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    into[next] = (rest % 0x80) | 0x80;
    next += 1;
  }
  into[next] = rest;
  return next + 1;
}

function nextByte(cursor: BlockCursor): number {
  const { at } = cursor;
  if (at >= cursor.end)
    throw new HpackError("a block ends with a whole field, this one ends in one");
  cursor.at = at + 1;
  // It is before the end.
  return cursor.bytes[at] as number;
}
