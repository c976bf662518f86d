/** The lines of one or many logs, in the order in which they were seen: the last ones, those since, those to come. */
import { setImmediate } from "node:timers/promises";
import type { LogLine } from "../../index.ts";
import type { LogFile } from "./log-file.ts";
import type { LogFolder, OpenLog } from "./log-folder.ts";
import { lastLineStarts, type Line, LineReader, lineStartAt } from "./log-lines.ts";
import type { QualifiedName } from "./qualified-name.ts";

export interface LogStreamOptions {
  /** Whose lines; asked again while following, because services come and go. */
  readonly owners: () => readonly QualifiedName[];
  /** Wall time now. */
  readonly now: number;
  /** @default no limit */
  readonly tail?: number | undefined;
  /** Wall time. @default 0 */
  readonly since?: number | undefined;
  readonly follow: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** After so many lines in a row the event loop has a turn, however fast the reader is. */
const linesPerTurn = 256;

export async function* streamLogs(
  folder: LogFolder,
  options: LogStreamOptions,
): AsyncGenerator<LogLine, void, undefined> {
  const { owners, follow, signal } = options;
  using sources = new Sources(folder);
  const change = new Change();
  const unlisten = folder.changed.on(() => change.happened());
  const aborted = () => change.happened();
  signal?.addEventListener("abort", aborted);
  try {
    sources.addAll(owners());
    sources.seek(options);
    for (let count = 1; ; count++) {
      if (signal?.aborted) return;
      const line = sources.next(!follow);
      if (line) yield line;
      else if (!follow) return;
      else {
        await change.next();
        for (const source of sources.addAll(owners())) source.seekSince(options.now);
      }
      if (count % linesPerTurn === 0) await setImmediate();
    }
  } finally {
    signal?.removeEventListener("abort", aborted);
    unlisten();
  }
}

/** All logs that are read, and the line that each would yield next. */
class Sources implements Disposable {
  readonly #folder: LogFolder;
  readonly #sources = new Map<string, Source>();

  constructor(folder: LogFolder) {
    this.#folder = folder;
  }

  /** Takes in those that are not there yet, and returns them. */
  addAll(owners: readonly QualifiedName[]): readonly Source[] {
    const added: Source[] = [];
    for (const owner of owners) {
      const path = this.#folder.path(owner);
      if (this.#sources.has(path)) continue;
      const source = new Source(this.#folder.open(owner));
      source.file.look();
      this.#sources.set(path, source);
      added.push(source);
    }
    return added;
  }

  /** Goes to where the first line is: with `tail`, the last lines of all logs together are counted. */
  seek({ tail, since = 0 }: LogStreamOptions): void {
    const all = [...this.#sources.values()];
    for (const source of all) source.seekSince(since);
    if (tail === undefined) return;
    const starts = all.flatMap((source) =>
      lastLineStarts(source.file, tail, source.position).map((position) => ({
        source,
        position,
        at: source.file.timeAt(position),
      })),
    );
    // The sort is stable: lines of one log stay in their order.
    starts.sort((a, b) => a.at - b.at);
    for (const source of all) source.seek(source.file.end);
    for (const { source, position } of starts.slice(tail === 0 ? starts.length : -tail)) {
      source.seek(Math.min(source.position, position));
    }
  }

  /** The oldest line of all that are there; `toTheEnd` counts a last line without a newline too. */
  next(toTheEnd: boolean): LogLine | undefined {
    let oldest: { readonly source: Source; readonly line: Line } | undefined;
    for (const source of this.#sources.values()) {
      const line = source.peek(toTheEnd);
      if (line && (!oldest || line.at < oldest.line.at)) oldest = { source, line };
    }
    return oldest?.source.take();
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources.values()) source[Symbol.dispose]();
  }
}

class Source implements Disposable {
  readonly #log: OpenLog;
  #reader: LineReader;
  #line: Line | undefined;
  /** Where it was sent last. */
  position = 0;

  constructor(log: OpenLog) {
    this.#log = log;
    this.#reader = new LineReader(log.file, 0);
  }

  get file(): LogFile {
    return this.#log.file;
  }

  seekSince(since: number): void {
    this.seek(lineStartAt(this.file, this.file.positionSince(since)));
  }

  seek(position: number): void {
    this.position = position;
    this.#reader = new LineReader(this.file, position);
  }

  peek(toTheEnd: boolean): Line | undefined {
    this.#line ??= this.#reader.next() ?? (toTheEnd ? this.#reader.rest() : undefined);
    return this.#line;
  }

  take(): LogLine | undefined {
    const line = this.#line;
    this.#line = undefined;
    return line && { name: this.#log.owner.name, text: line.text, at: new Date(line.at) };
  }

  [Symbol.dispose](): void {
    this.#log[Symbol.dispose]();
  }
}

/** Remembers that something happened until somebody asks, so that nothing is missed between two looks. */
class Change {
  #pending = false;
  #wake: (() => void) | undefined;

  happened(): void {
    this.#pending = true;
    this.#wake?.();
  }

  async next(): Promise<void> {
    if (!this.#pending) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
    this.#pending = false;
  }
}
