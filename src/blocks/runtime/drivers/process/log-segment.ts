/**
 * A piece of a log: one file, where it begins in the whole log, and when its bytes were seen.
 *
 * The times stand beside the output and not in it, in a file of fixed entries, so that the output stays what the
 * program wrote. All reads are synchronous: they come from the page cache, and nothing can be rotated away in the
 * middle of one.
 */
import { appendFileSync, closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { readSync, writeFileSync } from "node:fs";

/** Bytes from `offset` of the file on were seen at `at`, up to the next entry. */
interface Seen {
  readonly offset: number;
  readonly at: number;
}

/** As it is written: what comes after the last end was written while nobody looked. */
interface SeenUpTo {
  readonly end: number;
  readonly at: number;
}

const entryBytes = 16;

export class LogSegment {
  readonly path: string;
  readonly fd: number;
  /** Position of its first byte in the log; a position only grows, whatever is rotated. */
  readonly start: number;
  /** Bytes that readers may have: those that were seen, with their time. */
  size = 0;
  readonly #seen: Seen[] = [];

  private constructor(path: string, fd: number, start: number) {
    this.path = path;
    this.fd = fd;
    this.start = start;
  }

  /**
   * Opens the file, for its owner only, and its times. What was written while nobody looked gets the file's own time.
   */
  static open(path: string, start: number): LogSegment {
    const flags = constants.O_APPEND | constants.O_RDWR | constants.O_CREAT;
    const segment = new LogSegment(path, openSync(path, flags, 0o600), start);
    const { size, mtimeMs } = fstatSync(segment.fd);
    let seenUpTo = 0;
    for (const { end, at } of readTimes(timesPath(path))) {
      if (seenUpTo >= size) break;
      segment.#seen.push({ offset: seenUpTo, at });
      seenUpTo = end;
    }
    const rest = { offset: seenUpTo, at: Math.max(mtimeMs, segment.lastSeenAt) };
    if (seenUpTo < size) segment.#seen.push(rest);
    segment.size = size;
    return segment;
  }

  get end(): number {
    return this.start + this.size;
  }

  /** Entries of its times: the second thing that grows, so rotation bounds it too. */
  get entries(): number {
    return this.#seen.length;
  }

  /** When its last byte was seen; 0 when there is none. */
  get lastSeenAt(): number {
    return this.#seen.at(-1)?.at ?? 0;
  }

  /** Bytes up to `size` are there, and were seen now. Times never go back, so that they can be searched. */
  grow(size: number, now: number): void {
    const entry = { offset: this.size, at: Math.max(now, this.lastSeenAt) };
    this.#seen.push(entry);
    this.size = size;
    const bytes = Buffer.allocUnsafe(entryBytes);
    bytes.writeDoubleBE(size, 0);
    bytes.writeDoubleBE(entry.at, 8);
    appendFileSync(timesPath(this.path), bytes, { mode: 0o600 });
  }

  /** When the byte at this position was seen. */
  timeAt(position: number): number {
    const index = firstIndex(this.#seen, (seen) => seen.offset > position - this.start);
    return this.#seen[Math.max(0, index - 1)]?.at ?? 0;
  }

  /** The position of the first byte that was seen at `since` or later; `end` when there is none. */
  positionSince(since: number): number {
    const index = firstIndex(this.#seen, (seen) => seen.at >= since);
    const seen = this.#seen[index];
    return seen ? this.start + seen.offset : this.end;
  }

  /** Fills `into` from a position of the log, with at most what was seen; how many bytes that were. */
  read(position: number, into: Buffer): number {
    const length = Math.min(into.length, this.end - position);
    return length <= 0 ? 0 : readSync(this.fd, into, 0, length, position - this.start);
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** Where the times of a log file are. */
export function timesPath(path: string): string {
  return `${path}.times`;
}

/** Forgets the times of a file that was emptied. */
export function clearTimes(path: string): void {
  writeFileSync(timesPath(path), "", { mode: 0o600 });
}

function readTimes(path: string): SeenUpTo[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    // Without its times a log is still a log.
    return [];
  }
  const ends: SeenUpTo[] = [];
  for (let i = 0; i + entryBytes <= bytes.length; i += entryBytes) {
    ends.push({ end: bytes.readDoubleBE(i), at: bytes.readDoubleBE(i + 8) });
  }
  return ends;
}

function firstIndex(seen: readonly Seen[], is: (entry: Seen) => boolean): number {
  let low = 0;
  let high = seen.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = seen[middle];
    if (entry && is(entry)) high = middle;
    else low = middle + 1;
  }
  return low;
}
