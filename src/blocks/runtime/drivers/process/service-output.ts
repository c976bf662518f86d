/** What the processes of one service write, and what the platform writes between: starts, ends, and why. */
import type { Clock } from "../../../../core/clock.ts";
import type { OpenLog } from "./log-folder.ts";
import { lastLines, lastLineStarts } from "./log-lines.ts";
import type { ProcessRecord } from "./service-record.ts";

/** Lines of a failed start that are kept: an error with its cause takes up to 36. */
const outputLinesMax = 40;

/** Characters of each of them; a longer line is rarely what says why. */
const outputLineLengthMax = 500;

export class ServiceOutput implements Disposable {
  readonly #name: string;
  readonly #log: OpenLog;
  readonly #clock: Clock;

  constructor(name: string, log: OpenLog, clock: Clock) {
    this.#name = name;
    this.#log = log;
    this.#clock = clock;
  }

  get path(): string {
    return this.#log.file.path;
  }

  /** Before a process is started; where its output will begin. */
  begin({ instance, startedAt }: ProcessRecord): number {
    const { file } = this.#log;
    file.prepare();
    file.mark(`${this.#name} starts at ${startedAt.toISOString()}, instance ${instance}`);
    return file.end;
  }

  /** Where the output begins of a process that was started before: of the last lines those that are its own. */
  find({ instance }: ProcessRecord): number {
    const { file } = this.#log;
    file.look();
    const starts = lastLineStarts(file, outputLinesMax, file.start);
    const lines = lastLines(file, outputLinesMax, file.start);
    const mark = lines.findLastIndex((line) => line.endsWith(`instance ${instance}`));
    this.mark(`${this.#name} was found at ${this.#now()}, instance ${instance}`);
    return starts[mark + 1] ?? file.end;
  }

  ended(how: string): void {
    this.mark(`${this.#name} ended at ${this.#now()}: ${how}`);
  }

  stopped(): void {
    this.mark(`${this.#name} was stopped at ${this.#now()}`);
  }

  mark(text: string): void {
    this.#log.file.mark(text);
  }

  /** The last lines from a position on. */
  last(from: number): readonly string[] {
    const { file } = this.#log;
    file.look();
    return lastLines(file, outputLinesMax, from).map((text) =>
      text.length > outputLineLengthMax ? `${text.slice(0, outputLineLengthMax)}…` : text,
    );
  }

  [Symbol.dispose](): void {
    this.#log[Symbol.dispose]();
  }

  #now(): string {
    return new Date(this.#clock.wallMs()).toISOString();
  }
}
