/**
 * The output of one service: a file that its processes append to, and the older half that was rotated away.
 *
 * Processes hold the file open themselves, so that they outlive the platform and never block on it. It can therefore not
 * be renamed away under them: it is copied to the older file and then emptied, and because they write with O_APPEND their
 * next line is the first of the empty file. What a process writes in the microseconds between the end of the copy and the
 * emptying is lost; that is the price, paid once in `logBytesMax`.
 */
import { copyFileSync, existsSync, fstatSync, ftruncateSync, mkdirSync, statSync } from "node:fs";
import { type FSWatcher, watch, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock, Timer } from "../../../../core/clock.ts";
import { type Events, EventSource } from "../../../../core/events.ts";
import type { Logger } from "../../../../core/log.ts";
import { clearTimes, LogSegment, timesPath } from "./log-segment.ts";

/** A service keeps this much output twice: now, and before. Days of a quiet service, and the story of a crash. */
export const logBytesMax = 8 * 1024 * 1024;

/** Times of one file: half a megabyte of them, more than any service needs that writes whole lines. */
const logTimesMax = 32_768;

/** Lines that come closer together share a time, and a service that writes without pause costs 50 looks a second. */
const lookPauseMs = 20;

/** Where the file system does not tell of changes (network, some containers), somebody has to look. */
const lookAnywayMs = 1_000;

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
  #watcher: FSWatcher | undefined;
  #lookTimer: Timer | undefined;
  #anywayTimer: Timer | undefined;
  #lookedAt = -Infinity;
  #complained = false;

  constructor(path: string, options: LogFileOptions) {
    this.path = path;
    this.#options = options;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (existsSync(olderPath(path))) this.#older = LogSegment.open(olderPath(path), 0);
    this.#current = LogSegment.open(path, this.#older?.end ?? 0);
    this.#watch();
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

  /** Takes in what was written since the last look: gives it its time, and rotates when it is enough. */
  look(): void {
    const { clock, bytesMax = logBytesMax } = this.#options;
    this.#lookedAt = clock.monotonicMs();
    const size = fstatSync(this.#current.fd).size;
    if (size === this.#current.size) return;
    if (size < this.#current.size) this.#startOver();
    if (size > this.#current.size) {
      this.#saving(() => this.#current.grow(size, clock.wallMs()));
    }
    if (size > bytesMax || this.#current.entries > logTimesMax) this.#rotate();
    this.#grown.emit();
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
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#lookTimer?.cancel();
    this.#anywayTimer?.cancel();
    this.#older?.close();
    this.#current.close();
  }

  #segmentAt(position: number): LogSegment {
    return this.#older && position < this.#current.start ? this.#older : this.#current;
  }

  #rotate(): void {
    const { start, end } = this.#current;
    this.#older?.close();
    this.#older = undefined;
    const older = olderPath(this.path);
    this.#older = this.#saving(() => {
      copyFileSync(this.path, older);
      copyFileSync(timesPath(this.path), timesPath(older));
      return LogSegment.open(older, start);
    });
    // Also when there was no room for a copy: then the oldest lines are what goes.
    ftruncateSync(this.#current.fd);
    this.#reopen(this.#older?.end ?? end);
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
    this.#watch();
  }

  #watch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#anywayTimer?.cancel();
    try {
      this.#watcher = watch(this.path, { persistent: false }, () => this.#lookSoon());
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch (cause) {
      // Out of watches: the regular look still sees everything, a little later.
      this.#options.log.debug("Cannot watch a log file", { path: this.path, cause });
    }
    this.#lookRegularly();
  }

  #lookRegularly(): void {
    this.#anywayTimer = this.#options.clock.after(
      lookAnywayMs,
      () => {
        this.#lookRegularly();
        this.look();
      },
      { background: true },
    );
  }

  /** The first change is looked at right away, those that follow it together. */
  #lookSoon(): void {
    if (this.#lookTimer) return;
    const sinceMs = this.#options.clock.monotonicMs() - this.#lookedAt;
    if (sinceMs >= lookPauseMs) return this.look();
    this.#lookTimer = this.#options.clock.after(
      lookPauseMs - sinceMs,
      () => {
        this.#lookTimer = undefined;
        this.look();
      },
      { background: true },
    );
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

function olderPath(path: string): string {
  return `${path}.1`;
}
