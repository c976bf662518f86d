/**
 * The output of one service: a file that its processes append to, and the older half that was rotated away.
 *
 * Processes hold the file open themselves, so that they outlive the platform and never block on it. It can therefore
 * not be renamed away under them: it is copied to the older file and then emptied, and because they write with O_APPEND
 * their next line is the first of the empty file. What a process writes in the part of a millisecond between the end of
 * the copy and the emptying is lost: 1 line in 150 of one that writes 600,000 a second, nothing of one that writes like
 * a service.
 */
import { existsSync, fstatSync, ftruncateSync, mkdirSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../../../../core/clock.ts";
import { type Events, EventSource } from "../../../../core/events.ts";
import type { Logger } from "../../../../core/log.ts";
import { copyLog, olderPath } from "./log-copy.ts";
import { clearTimes, LogSegment } from "./log-segment.ts";
import { LogWatcher } from "./log-watcher.ts";

/** A service keeps this much output twice: now, and before. Days of a quiet service, and the story of a crash. */
export const logBytesMax = 8 * 1024 * 1024;

/** Times of one file: half a megabyte of them, more than any service needs that writes whole lines. */
const logTimesMax = 32_768;

export interface LogFileOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** @default logBytesMax */
  readonly bytesMax?: number;
}

export class LogFile implements Disposable {
  readonly path: string;
  readonly #options: LogFileOptions;
  readonly #grown = new EventSource<void>();
  #older: LogSegment | undefined;
  #current: LogSegment;
  readonly #watcher: LogWatcher;
  #complained = false;

  constructor(path: string, options: LogFileOptions) {
    this.path = path;
    this.#options = options;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (existsSync(olderPath(path))) this.#older = LogSegment.open(olderPath(path), 0);
    this.#current = LogSegment.open(path, this.#older?.end ?? 0);
    this.#watcher = new LogWatcher(path, { ...options, look: () => this.look() });
    this.#watcher.start();
  }

  /** Tells that there is more to read. */
  get grown(): Events<void> {
    return this.#grown;
  }

  /** The oldest position that can still be read. */
  get start(): number {
    return this.#older?.start ?? this.#current.start;
  }

  /** Where the next line will be; positions only grow. */
  get end(): number {
    return this.#current.end;
  }

  /** Fills `into` with what was seen from `position` on; how many bytes that were, 0 at the end. */
  read(position: number, into: Buffer): number {
    return this.#segmentAt(position).read(position, into);
  }

  timeAt(position: number): number {
    return this.#segmentAt(position).timeAt(position);
  }

  /** The position of the first byte that was seen at `since` or later. */
  positionSince(since: number): number {
    const older = this.#older;
    if (older && older.lastSeenAt >= since) return older.positionSince(since);
    return this.#current.positionSince(since);
  }

  /** Takes in what was written since the last look, gives it its time, rotates; whether there was anything. */
  look(): boolean {
    const { clock, bytesMax = logBytesMax } = this.#options;
    const size = fstatSync(this.#current.fd).size;
    if (size === this.#current.size) return false;
    if (size < this.#current.size) this.#startOver();
    if (size > this.#current.size) {
      this.#saving(() => this.#current.grow(size, clock.wallMs()));
    }
    if (size > bytesMax || this.#current.entries > logTimesMax) this.#rotate();
    this.#grown.emit();
    return true;
  }

  /** Writes a line of the platform's own, on a line of its own. */
  mark(text: string): void {
    this.look();
    const last = Buffer.alloc(1);
    const inLine = this.end > this.start && this.read(this.end - 1, last) === 1 && last[0] !== 10;
    this.#saving(() => writeSync(this.#current.fd, `${inLine ? "\n" : ""}[reef] ${text}\n`));
    this.look();
  }

  /** Before a process opens the file: somebody may have removed it, and then it is made again. */
  prepare(): void {
    this.look();
    const there = statSync(this.path, { throwIfNoEntry: false });
    if (there && there.ino === fstatSync(this.#current.fd).ino) return;
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    this.#startOver();
    this.#watcher.start();
  }

  [Symbol.dispose](): void {
    this.#watcher[Symbol.dispose]();
    this.#older?.close();
    this.#current.close();
  }

  #segmentAt(position: number): LogSegment {
    return this.#older && position < this.#current.start ? this.#older : this.#current;
  }

  #rotate(): void {
    const { start, fd } = this.#current;
    const older = olderPath(this.path);
    this.#older?.close();
    const copied = this.#saving(() => {
      copyLog(this.path, fd);
      return true;
    });
    // Right after the last byte was copied. Also when there was no room for a copy: then the oldest lines are what
    // goes.
    ftruncateSync(fd);
    this.#older = copied ? this.#saving(() => LogSegment.open(older, start)) : undefined;
    this.#reopen(this.#older?.end ?? this.#current.end);
  }

  /** The file is not the one that it was: somebody emptied or removed it, and wants the rest gone too. */
  #startOver(): void {
    this.#older?.close();
    this.#older = undefined;
    this.#reopen(this.#current.end);
  }

  #reopen(start: number): void {
    this.#current.close();
    this.#saving(() => clearTimes(this.path));
    this.#current = LogSegment.open(this.path, start);
  }

  /** A full disk must not end the platform: what could not be saved is said, and the service goes on. */
  #saving<T>(save: () => T): T | undefined {
    try {
      const saved = save();
      this.#complained = false;
      return saved;
    } catch (cause) {
      if (!this.#complained) {
        this.#options.log.warn("Cannot write to a log", { path: this.path, cause });
      }
      this.#complained = true;
      return undefined;
    }
  }
}
