/** Several streams of log lines as one, in order of time as far as it is known. */
import type { LogLine } from "../blocks/runtime/index.ts";

/**
 * The oldest line first. While following, a silent source must not hold up the others: there the order is by time among
 * the lines that have arrived. Whoever leaves the iteration early must end the sources himself, by their signal.
 */
export async function* mergeLogs(
  iterables: readonly AsyncIterable<LogLine>[],
  options: { readonly follow: boolean },
): AsyncGenerator<LogLine, void> {
  let sources = iterables.map((iterable) => new Source(iterable[Symbol.asyncIterator]()));
  while (sources.length > 0) {
    const waited = sources.map((source) => source.arrived);
    if (!options.follow) await Promise.all(waited);
    else if (!sources.some(({ line }) => line)) await Promise.race(waited);
    sources = sources.filter(({ ended }) => !ended);
    const line = oldest(sources)?.take();
    if (line) yield line;
  }
}

/** One stream, of which the next line is always asked for. */
class Source {
  readonly #lines: AsyncIterator<LogLine>;
  /** The next line, once it is there. */
  line: LogLine | undefined;
  ended = false;
  /** Settles when there is a line or the end. */
  arrived: Promise<void>;

  constructor(lines: AsyncIterator<LogLine>) {
    this.#lines = lines;
    this.arrived = this.#advance();
  }

  take(): LogLine | undefined {
    const { line } = this;
    this.line = undefined;
    this.arrived = this.#advance();
    return line;
  }

  async #advance(): Promise<void> {
    const { done, value } = await this.#lines.next();
    if (done) this.ended = true;
    else this.line = value;
  }
}

function oldest(sources: readonly Source[]): Source | undefined {
  let first: Source | undefined;
  for (const source of sources) {
    if (source.line && (!first?.line || source.line.at < first.line.at)) first = source;
  }
  return first;
}
