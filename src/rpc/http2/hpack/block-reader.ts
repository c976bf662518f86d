/** Reads the integers and texts of one header block, never behind its end. */
import { BytesCache } from "./bytes-cache.ts";
import { HpackError } from "./hpack-error.ts";
import { type BlockCursor, readInteger } from "./hpack-integers.ts";
import { decodedBytesMax, decodeHuffman } from "./huffman-decode.ts";

/** Longer texts are decoded into a buffer of their own, which does not stay. */
const scratchBytes = 1_024;

/** Names, and values such as types and agents, which come again in blocks that are new. At most 8 KiB of them. */
const textCache = { slots: 128, bytesMax: 64 };

const nothing = Buffer.alloc(0);

export class BlockReader implements BlockCursor {
  bytes: Buffer = nothing;
  at = 0;
  end = 0;
  readonly #texts = new BytesCache<string>(textCache);
  #scratch: Buffer | undefined;

  open(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** What was read came with much else, which is not to be kept for it. */
  close(): void {
    this.bytes = nothing;
    this.end = 0;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  /** The byte that comes next; not at the end. */
  peek(): number {
    return this.bytes[this.at] as number;
  }

  readInteger(prefixBits: number): number {
    return readInteger(this, prefixBits);
  }

  /** A character for each byte. */
  readText(): string {
    const from = this.at;
    const start = this.#passText();
    // With its length, whose first bit says how it is written.
    const known = this.#texts.find(this.bytes, from, this.at);
    if (known !== undefined) return known;
    const text = this.#textAt(start, (this.bytes[from] as number) >= 0x80);
    this.#texts.add(this.bytes, from, this.at, text);
    return text;
  }

  /** Without a look at it. */
  skipText(): void {
    this.#passText();
  }

  /** Goes on behind a text; returns where it began. */
  #passText(): number {
    const length = readInteger(this, 7);
    const start = this.at;
    if (length > this.end - start) {
      throw new HpackError(`a text ends in its block, this one ${length} bytes after it began`);
    }
    this.at = start + length;
    return start;
  }

  #textAt(start: number, isHuffman: boolean): string {
    if (!isHuffman) return this.bytes.toString("latin1", start, this.at);
    const into = this.#room(decodedBytesMax(this.at - start));
    return into.toString("latin1", 0, decodeHuffman(this.bytes, start, this.at, into));
  }

  #room(bytes: number): Buffer {
    if (bytes > scratchBytes) return Buffer.allocUnsafe(bytes);
    return (this.#scratch ??= Buffer.allocUnsafeSlow(scratchBytes));
  }
}
