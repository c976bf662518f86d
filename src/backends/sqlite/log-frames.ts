/** SQLite's log as it is on disk. Source: https://www.sqlite.org/fileformat.html#the_write_ahead_log */
import { endianness } from "node:os";

export const headerBytes = 32;
export const frameHeaderBytes = 24;

/** The same for logs of both byte orders but for its last bit, which says in which one sums are made. */
const magic = 0x377f0682;

/** What the header says; `undefined` when it is not a header. */
export interface LogHeader {
  readonly frameBytes: number;
  readonly salts: bigint;
  readonly sum: Sum;
  /** Sums are made of words of the other byte order than this machine's. */
  readonly swapped: boolean;
}

/** Each frame's sum goes on with the one before it, so that the order of frames is part of it. */
export interface Sum {
  readonly first: number;
  readonly second: number;
}

const nothing: Sum = { first: 0, second: 0 };

export function readHeader(bytes: Buffer): LogHeader | undefined {
  const word = bytes.readUInt32BE(0);
  const swapped = ((word & 1) === 1) !== (endianness() === "BE");
  const sum = addUp(nothing, wordsOf(bytes.subarray(0, 24), swapped));
  if ((word & ~1) !== magic || !sameSum(sum, readSum(bytes, 24))) return undefined;
  const frameBytes = frameHeaderBytes + bytes.readUInt32BE(8);
  return { frameBytes, salts: bytes.readBigUInt64BE(16), sum, swapped };
}

/** One page of one transaction. */
export interface Frame {
  /** The last one of its transaction. */
  readonly commits: boolean;
  readonly salts: bigint;
  readonly storedSum: Sum;
  /** What its sum is made of: the number of its page, `commits`, and the page. */
  readonly words: Uint32Array;
}

export function readFrame(bytes: Buffer, { swapped }: LogHeader): Frame {
  const summed = Buffer.concat([bytes.subarray(0, 8), bytes.subarray(frameHeaderBytes)]);
  return {
    commits: bytes.readUInt32BE(4) !== 0,
    salts: bytes.readBigUInt64BE(8),
    storedSum: readSum(bytes, 16),
    words: wordsOf(summed, swapped),
  };
}

export function addUp({ first, second }: Sum, words: Uint32Array): Sum {
  for (let at = 0; at < words.length; at += 2) {
    // Both are there: the words come in pairs.
    first = (first + words[at]! + second) | 0;
    second = (second + words[at + 1]! + first) | 0;
  }
  return { first, second };
}

export function sameSum(a: Sum, b: Sum): boolean {
  return a.first === b.first && a.second === b.second;
}

function readSum(bytes: Buffer, at: number): Sum {
  return { first: bytes.readInt32BE(at), second: bytes.readInt32BE(at + 4) };
}

/** A copy, so that it begins where a word may begin. */
function wordsOf(bytes: Buffer, swapped: boolean): Uint32Array {
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  if (swapped) copy.swap32();
  return new Uint32Array(copy.buffer, copy.byteOffset, copy.length / 4);
}
