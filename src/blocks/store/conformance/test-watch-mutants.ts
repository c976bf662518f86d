/** Drivers whose watches break one promise each, with the case that catches each. */
import type { Table, WatchEvent, WatchOptions } from "../index.ts";
import type { Mutant } from "./test-table-mutants.ts";

const inOrder = "watch() yields each change once, in order, with its revision";

export const watchMutants: readonly Mutant[] = [
  {
    breaks: "watch() repeats changes",
    caught: inOrder,
    change: (honest) => ({
      async *watch(options) {
        for await (const event of honest.watch(options)) {
          yield event;
          if (event.kind === "change") yield event;
        }
      },
    }),
  },
  {
    breaks: "watch() tells two changes in the wrong order",
    caught: inOrder,
    change: (honest) => ({ watch: (options) => swapped(honest.watch(options)) }),
  },
  {
    breaks: "watch() tells of a batch in pieces",
    caught: "watch() yields a batch as one message, in the order of its writes",
    change: (honest) => ({
      async *watch(options) {
        for await (const event of honest.watch(options)) {
          if (event.kind !== "change") yield event;
          else for (const change of event.changes) yield { ...event, changes: [change] };
        }
      },
    }),
  },
  {
    breaks: "watch() looks first and listens later",
    caught: "watch() misses nothing and repeats nothing that races with its start",
    change: (honest) => ({ watch: (options) => listenLater(honest, options) }),
  },
  {
    breaks: "watch({ after }) that cannot go on begins with what is to come",
    caught: "watch({ after }) of a moment whose history is not kept is out_of_range",
    change: (honest) => ({ watch: (options) => resumeAnyhow(honest, options) }),
  },
  {
    breaks: "watch() does not say what has expired",
    caught: "a watch is told of an expired entry as one that is gone, once, without anybody asking",
    change: (honest) => ({
      async *watch(options) {
        for await (const event of honest.watch(options)) {
          const isGone = event.kind === "change" && event.changes.every(({ value }) => !value);
          if (!isGone) yield event;
        }
      },
    }),
  },
];

async function* swapped(events: AsyncIterable<WatchEvent>): AsyncGenerator<WatchEvent> {
  let held: WatchEvent | undefined;
  for await (const event of events) {
    if (event.kind !== "change") yield event;
    else if (held === undefined) held = event;
    else {
      yield event;
      yield held;
      held = undefined;
    }
  }
}

async function* listenLater(honest: Table, options: WatchOptions = {}): AsyncGenerator<WatchEvent> {
  for await (const event of honest.watch(options)) {
    yield event;
    if (event.kind === "complete") break;
  }
  for await (const event of honest.watch(options)) if (event.kind === "change") yield event;
}

async function* resumeAnyhow(
  honest: Table,
  options: WatchOptions = {},
): AsyncGenerator<WatchEvent> {
  try {
    yield* honest.watch(options);
  } catch {
    for await (const event of honest.watch({ ...options, after: undefined })) {
      if (event.kind === "change") yield event;
    }
  }
}
