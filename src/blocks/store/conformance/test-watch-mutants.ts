/** Drivers whose watches break one promise each, with the case that catches each. */
import type { Mutant } from "../../../testing/mutants.ts";
import type { Table, WatchEvent, WatchOptions } from "../index.ts";
import { retold, type TableChange, watching } from "./test-changed-store.ts";

const inOrder = "watch() yields each change once, in order, with its revision";
const presentFirst = "watch() yields the present first, and says once when it is complete";
const ownOnly = "watch() sees its prefix, table and database only";
const withoutGap = "watch({ after }) goes on behind any moment, without gap or repeat";

export const watchMutants: readonly Mutant<TableChange>[] = [
  {
    breaks: "watch() does not show what is there",
    caught: presentFirst,
    change: retold(({ kind }) => kind !== "present"),
  },
  {
    breaks: "watch() never says that its present is complete",
    caught: presentFirst,
    change: retold(({ kind }) => kind !== "complete"),
  },
  {
    breaks: "watch() repeats changes",
    caught: inOrder,
    change: watching(async function* (events) {
      for await (const event of events) {
        yield event;
        if (event.kind === "change") yield event;
      }
    }),
  },
  {
    breaks: "watch() tells two changes in the wrong order",
    caught: inOrder,
    change: watching(swapped),
  },
  {
    breaks: "watch() tells of a batch in pieces",
    caught: "watch() yields a batch as one message, in the order of its writes",
    change: watching(async function* (events) {
      for await (const event of events) {
        if (event.kind !== "change") yield event;
        else for (const change of event.changes) yield { ...event, changes: [change] };
      }
    }),
  },
  {
    breaks: "watch() does not look at its prefix",
    caught: ownOnly,
    change: watching((_, honest, options) => honest.watch({ ...options, prefix: undefined })),
  },
  {
    breaks: "watch() tells of all tables with its name",
    caught: ownOnly,
    change: (_, store) => ({
      watch: (options) => store.database("other").table("trips").watch(options),
    }),
  },
  {
    breaks: "watch() looks first and listens later",
    caught: "watch() misses nothing and repeats nothing that races with its start",
    change: watching((_, honest, options) => listenLater(honest, options)),
  },
  {
    breaks: "watch({ after }) loses the first change behind the moment",
    caught: withoutGap,
    change: watching((events, _, { after }) => behindFirst(events, after !== undefined)),
  },
  {
    breaks: "watch({ after }) tells the change of the moment again",
    caught: withoutGap,
    change: watching((events, honest, { after, ...options }) => {
      if (after === undefined) return events;
      return honest.watch({ ...options, after: { ...after, revision: after.revision - 1 } });
    }),
  },
  {
    breaks: "watch({ after }) that cannot go on begins with what is to come",
    caught: "watch({ after }) of a moment whose history is not kept is out_of_range",
    change: watching((_, honest, options) => resumeAnyhow(honest, options)),
  },
  {
    breaks: "watch() does not say what has expired",
    caught: "a watch is told of an expired entry as one that is gone, once, without anybody asking",
    change: retold((event) => event.kind !== "change" || event.changes.some(({ value }) => value)),
  },
  {
    breaks: "watch() ends for a slow reader as if all were told",
    caught:
      "a reader that is too slow is told so, after what is known is in order, and nobody else",
    change: watching(async function* (events) {
      try {
        yield* events;
      } catch {
        // Nobody hears of it: that is the mutant.
      }
    }),
  },
  {
    breaks: "watch() takes its prefix for a pattern",
    caught: "watch() takes a prefix as it is: it is no pattern, and may end with the highest byte",
    change: watching((events, honest, options) => {
      const text = options.prefix === undefined ? "" : Buffer.from(options.prefix).toString();
      if (!/[%*_?]/.test(text)) return events;
      return honest.watch({ ...options, prefix: text.replace(/[%*_?].*$/, "") });
    }),
  },
];

async function* behindFirst(events: AsyncIterable<WatchEvent>, isResumed: boolean) {
  let skip = isResumed;
  for await (const event of events) {
    if (!skip) yield event;
    skip = false;
  }
}

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

async function* listenLater(honest: Table, options: WatchOptions): AsyncGenerator<WatchEvent> {
  for await (const event of honest.watch(options)) {
    yield event;
    if (event.kind === "complete") break;
  }
  for await (const event of honest.watch(options)) if (event.kind === "change") yield event;
}

async function* resumeAnyhow(honest: Table, options: WatchOptions): AsyncGenerator<WatchEvent> {
  try {
    yield* honest.watch(options);
  } catch {
    for await (const event of honest.watch({ ...options, after: undefined })) {
      if (event.kind === "change") yield event;
    }
  }
}
