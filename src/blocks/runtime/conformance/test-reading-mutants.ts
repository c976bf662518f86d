/** Runtimes whose list or whose logs break one promise each, with the case that catches each. */
import type { Mutant } from "../../../testing/mutants.ts";
import type { LogLine, LogScope } from "../index.ts";
import type { ServicesChange } from "./test-mutants.ts";

const pages = "list() gives the services in pages, sorted by name, each once";
const lastLines = "logs() gives the last lines of both streams in their order";

export const readingMutants: readonly Mutant<ServicesChange>[] = [
  {
    breaks: "list() is in no order",
    caught: pages,
    change: ({ list }) => ({
      async list(options) {
        const { items, ...rest } = await list(options);
        return { items: items.toReversed(), ...rest };
      },
    }),
  },
  {
    breaks: "list() gives everything in one page",
    caught: pages,
    change: ({ list }) => ({ list: ({ limit: _limit, ...options } = {}) => list(options) }),
  },
  {
    breaks: "list() begins every page at the start",
    caught: pages,
    change: ({ list }) => ({ list: ({ cursor: _cursor, ...options } = {}) => list(options) }),
  },
  {
    breaks: "logs() gives the lines in the wrong order",
    caught: lastLines,
    change: ({ logs }) => ({
      async *logs(scope) {
        if (scope?.follow) yield* logs(scope);
        else yield* (await all(logs(scope))).toReversed();
      },
    }),
  },
  {
    breaks: "logs() ignores the tail",
    caught: lastLines,
    change: ({ logs }) => ({ logs: ({ tail: _tail, ...scope } = {}) => logs(scope) }),
  },
  {
    breaks: "logs() ignores since",
    caught: "logs() gives lines since a time",
    change: ({ logs }) => ({
      logs: ({ since, ...scope }: LogScope = {}) => logs(since ? { ...scope, tail: 99 } : scope),
    }),
  },
  {
    breaks: "logs() of a name that never ran are empty",
    caught: "logs() knows only what ran here, and refuses a tail that is none",
    change: ({ logs }) => ({
      async *logs(scope) {
        const lines = logs(scope)[Symbol.asyncIterator]();
        const first = await lines.next().catch(() => ({ done: true, value: undefined }) as const);
        if (!first.done) yield first.value;
      },
    }),
  },
];

async function all(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const read: LogLine[] = [];
  for await (const line of lines) read.push(line);
  return read;
}
