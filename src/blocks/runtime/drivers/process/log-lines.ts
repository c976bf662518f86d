/** Lines out of a log file: forwards one by one, and where the last ones begin. */
import { lineBytesMax } from "../../index.ts";
import type { LogFile } from "./log-file.ts";

export interface Line {
  readonly text: string;
  readonly at: number;
}

const newline = 0x0a;

/** Files are searched in blocks of this size. */
const blockBytes = 64 * 1024;

/** Reads a log from a position on; what is not there yet comes with a later `next`. */
export class LineReader {
  readonly #file: LogFile;
  /** Where in the log the first byte of `#bytes` is. */
  #position: number;
  /** Room for a piece of a line and a block after it; only while there is something in it. */
  #room: Buffer | undefined;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(file: LogFile, position: number) {
    this.#file = file;
    this.#position = position;
  }

  /** The next whole line, or a piece of one that is too long; undefined when there is none so far. */
  next(): Line | undefined {
    for (;;) {
      const end = this.#bytes.indexOf(newline);
      if (end !== -1 && end <= lineBytesMax) return this.#take(end, end + 1);
      if (this.#bytes.length > lineBytesMax) return this.#takePiece();
      if (!this.#fill()) return undefined;
    }
  }

  /** The last line, which no newline has ended. */
  rest(): Line | undefined {
    return this.#bytes.length === 0 ? undefined : this.#take(this.#bytes.length);
  }

  #takePiece(): Line {
    let end = lineBytesMax;
    // Not in the middle of a character: the bytes after its first begin with 10.
    while (end > lineBytesMax - 4 && ((this.#bytes[end] ?? 0) & 0xc0) === 0x80) end--;
    return this.#take(end);
  }

  #take(end: number, next = end): Line {
    const line = {
      text: this.#bytes.toString("utf8", 0, end),
      at: this.#file.timeAt(this.#position),
    };
    this.#bytes = this.#bytes.subarray(next);
    this.#position += next;
    return line;
  }

  /** Reads on behind what is left; false when there is nothing more, or the log has gone on without us. */
  #fill(): boolean {
    if (this.#position < this.#file.start) {
      this.#bytes = Buffer.alloc(0);
      this.#position = this.#file.start;
    }
    const left = this.#bytes.length;
    const room = this.#room ?? Buffer.allocUnsafe(lineBytesMax + blockBytes);
    this.#bytes.copy(room);
    const count = this.#file.read(this.#position + left, room.subarray(left));
    this.#room = left + count > 0 ? room : undefined;
    this.#bytes = room.subarray(0, left + count);
    return count > 0;
  }
}

/** Where the last `count` lines from `from` on begin, oldest first. */
export function lastLineStarts(file: LogFile, count: number, from: number): number[] {
  const starts: number[] = [];
  const block = Buffer.allocUnsafe(blockBytes);
  let blockEnd = file.end;
  while (blockEnd > from && starts.length < count) {
    const blockStart = Math.max(from, blockEnd - blockBytes);
    const bytes = readAll(file, blockStart, block.subarray(0, blockEnd - blockStart));
    // The newline at the very end ends the last line and begins none.
    let index = blockEnd === file.end ? bytes.length - 1 : bytes.length;
    while (index > 0 && starts.length < count) {
      index = bytes.lastIndexOf(newline, index - 1);
      if (index === -1) break;
      starts.push(blockStart + index + 1);
    }
    blockEnd = blockStart;
  }
  if (starts.length < count && file.end > from) starts.push(from);
  return starts.toReversed();
}

/** The last `count` lines from `from` on, oldest first. */
export function lastLines(file: LogFile, count: number, from: number): string[] {
  const starts = lastLineStarts(file, count, Math.max(from, file.start));
  const reader = new LineReader(file, starts[0] ?? file.end);
  return starts.map(() => (reader.next() ?? reader.rest())?.text ?? "");
}

/** The first line that begins at `position` or later. */
export function lineStartAt(file: LogFile, position: number): number {
  if (position <= file.start) return file.start;
  const block = Buffer.allocUnsafe(blockBytes);
  let at = position - 1;
  for (;;) {
    const count = file.read(at, block);
    if (count === 0) return file.end;
    const index = block.subarray(0, count).indexOf(newline);
    if (index !== -1) return at + index + 1;
    at += count;
  }
}

/** A read ends where the older file does; this one goes on. */
function readAll(file: LogFile, position: number, into: Buffer): Buffer {
  let length = 0;
  while (length < into.length) {
    const count = file.read(position + length, into.subarray(length));
    if (count === 0) break;
    length += count;
  }
  return into.subarray(0, length);
}
