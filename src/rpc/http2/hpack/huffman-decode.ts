/** Huffman's code as HPACK has it (RFC 7541, 5.2 and appendix B), read eight bits at a time. */
import { HpackError } from "./hpack-error.ts";

/**
 * How many bits the code of each byte has, and last that of the end; in base 36. It says all: among codes of one length
 * the order is that of the bytes, and a longer code begins where the shorter ones end.
 */
const lengths =
  "dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad677777777777777777777" +
  "77878djde6f56565666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmo" +
  "lmnnllmlnmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu";

const longestCode = 30;
const endOfString = 256;

/** Codes of at most eight bits, which are those of ordinary text: `length << 8 | byte`; 0 where the code is longer. */
const short = new Uint16Array(256);
/** The bytes in the order of their codes. */
const byCode = new Uint16Array(endOfString + 1);
/** For each length its first code, how many codes it has, and where they begin in `byCode`. */
const firstCode = new Int32Array(longestCode + 1);
const codes = new Int32Array(longestCode + 1);
const firstAt = new Int32Array(longestCode + 1);
buildTables();

/** The most bytes that so many may stand for: the shortest code has five bits. */
export function decodedBytesMax(encodedBytes: number): number {
  return Math.floor((encodedBytes * 8) / 5);
}

/**
 * Writes what `bytes` from `start` to `end` stand for to the beginning of `into`; returns how many bytes that is.
 * @throws {HpackError} for what is not padded with the beginning of the end's code, and for the end itself
 */
export function decodeHuffman(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
): number {
  let at = start;
  let length = 0;
  // The lowest `bits` bits of `ahead` are not read yet; what is above them is over.
  let ahead = 0;
  let bits = 0;
  for (;;) {
    if (bits < 8 && at < end) {
      ahead = (ahead << 8) | (bytes[at] as number);
      at += 1;
      bits += 8;
    }
    // Behind the end all bits are ones.
    const window = bits >= 8 ? ahead >> (bits - 8) : (ahead << (8 - bits)) | (0xff >> bits);
    const found = short[window & 0xff] as number;
    if (found !== 0 && found >> 8 <= bits) {
      into[length] = found;
      length += 1;
      bits -= found >> 8;
    } else if (bits < 8) {
      if ((window & 0xff) !== 0xff) throw badPadding();
      return length;
    } else {
      const from = at * 8 - bits;
      const long = readLongCode(bytes, from, end * 8);
      into[length] = byCode[long.at] as number;
      length += 1;
      const next = from + long.bits;
      at = Math.ceil(next / 8);
      bits = at * 8 - next;
      ahead = bits === 0 ? 0 : (bytes[at - 1] as number);
    }
  }
}

/** Bit by bit: only what is rare in text is this long. */
function readLongCode(bytes: Uint8Array, from: number, end: number): { at: number; bits: number } {
  let code = 0;
  for (let bits = 1; bits <= longestCode && from + bits <= end; bits += 1) {
    const bit = from + bits - 1;
    code = (code << 1) | (((bytes[bit >> 3] as number) >> (7 - (bit & 7))) & 1);
    const nth = code - (firstCode[bits] as number);
    if (nth >= (codes[bits] as number)) continue;
    const at = (firstAt[bits] as number) + nth;
    if (byCode[at] === endOfString) {
      throw new HpackError("a Huffman string holds no code of its end, this one does");
    }
    return { at, bits };
  }
  throw badPadding();
}

function badPadding(): HpackError {
  return new HpackError("a Huffman string is padded with at most 7 ones, this one is not");
}

function buildTables(): void {
  const lengthOf = Array.from(lengths, (digit) => Number.parseInt(digit, 36));
  let code = 0;
  let at = 0;
  for (let length = 1; length <= longestCode; length += 1) {
    code <<= 1;
    firstCode[length] = code;
    firstAt[length] = at;
    for (let byte = 0; byte <= endOfString; byte += 1) {
      if (lengthOf[byte] !== length) continue;
      byCode[at] = byte;
      const rest = 8 - length;
      if (rest >= 0) short.fill((length << 8) | byte, code << rest, (code + 1) << rest);
      code += 1;
      at += 1;
    }
    codes[length] = at - (firstAt[length] as number);
  }
}
