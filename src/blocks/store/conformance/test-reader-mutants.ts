/** Drivers whose watches cannot be left, share what they tell, or go on where they should not. */
import type { Mutant } from "../../../testing/mutants.ts";
import type { Moment, Table, WatchEvent, WatchOptions } from "../index.ts";
import { type TableChange, watching } from "./test-changed-store.ts";

const endsBySignal =
  "watch() ends without an error when its signal fires, before, in and after the present";
const elsewhere = "watch({ after }) of another store, or of a moment to come, is out_of_range";

export const readerMutants: readonly Mutant<TableChange>[] = [
  {
    breaks: "watch() throws the reason of its signal",
    caught: endsBySignal,
    change: watching(async function* (events, _, { signal }) {
      yield* events;
      signal?.throwIfAborted();
    }),
  },
  {
    breaks: "watch() goes on when its signal has fired",
    caught: endsBySignal,
    change: (honest) => ({ watch: (options) => honest.watch({ ...options, signal: undefined }) }),
  },
  {
    breaks: "watch() leaves its listener on the signal",
    caught: endsBySignal,
    change: (honest) => ({
      watch: (options = {}) => {
        options.signal?.addEventListener("abort", () => {});
        return honest.watch(options);
      },
    }),
  },
  {
    breaks: "watch() that waits cannot be left",
    caught: "watch() can be left while it waits, and leaves nothing behind",
    // A generator answers `return()` behind the `next()` that waits.
    change: (honest) => ({ watch: (options) => behindNext(honest.watch(options)) }),
  },
  {
    breaks: "watch() begins with the present where it cannot go on from",
    caught: "watch() refuses what cannot be watched",
    change: watching((events, honest, options) => {
      const canBe = (options.after?.revision ?? 0) >= 0;
      return canBe ? events : honest.watch({ ...options, after: undefined });
    }),
  },
  {
    breaks: "watch({ after }) forgets its prefix",
    caught: "watch({ after }) goes on with what happens from then on",
    change: watching((events, honest, options) => {
      return options.after ? honest.watch({ ...options, prefix: undefined }) : events;
    }),
  },
  {
    breaks: "watch({ after }) does not look at the epoch",
    caught: elsewhere,
    change: watching((_, honest, options) => inThisEpoch(honest, options)),
  },
  {
    breaks: "watch({ after }) of a moment to come waits for it",
    caught: elsewhere,
    change: watching(async function* (_, honest, { after, ...options }) {
      const now = await momentOf(honest);
      const isToCome = after?.epoch === now.epoch && after.revision > now.revision;
      yield* honest.watch({ ...options, after: isToCome ? now : after });
    }),
  },
  {
    breaks: "watch() that waits loses its place when others write",
    caught: "a watch that waits is not forgotten however much others write",
    change: watching((events, honest, options) => untilForgotten(events, honest, options)),
  },
  {
    breaks: "each change is told to one reader",
    caught: "watch() shows every reader the same",
    change: (honest, store) => {
      const told = new Set<number>();
      const first = (event: WatchEvent) => {
        if (event.kind !== "change") return true;
        const known = told.size;
        return told.add(event.revision).size > known;
      };
      return watching(async function* (events) {
        for await (const event of events) if (first(event)) yield event;
      })(honest, store);
    },
  },
  {
    breaks: "watch() gives the same bytes to all readers",
    caught: "watch() shares nothing with its reader",
    change: (honest, store) => {
      const told = new Map<number, WatchEvent>();
      return watching(async function* (events) {
        for await (const event of events) {
          if (event.kind !== "change") yield event;
          else {
            const known = told.get(event.revision) ?? event;
            told.set(event.revision, known);
            yield known;
          }
        }
      })(honest, store);
    },
  },
];

async function* behindNext(events: AsyncIterable<WatchEvent>): AsyncGenerator<WatchEvent> {
  yield* events;
}

async function momentOf(honest: Table): Promise<Moment> {
  for await (const event of honest.watch()) if (event.kind === "complete") return event;
  return { epoch: "", revision: 0 };
}

async function* inThisEpoch(honest: Table, options: WatchOptions): AsyncGenerator<WatchEvent> {
  const { epoch } = await momentOf(honest);
  const { after } = options;
  yield* honest.watch(after ? { ...options, after: { ...after, epoch } } : options);
}

/** Tells a change only while all since the last one is kept. */
async function* untilForgotten(
  events: AsyncIterable<WatchEvent>,
  honest: Table,
  options: WatchOptions,
): AsyncGenerator<WatchEvent> {
  let after: Moment | undefined;
  for await (const event of events) {
    if (event.kind === "change" && after) {
      const again = honest.watch({ ...options, after })[Symbol.asyncIterator]();
      const isKept = await again.next().then(
        () => true,
        () => false,
      );
      await again.return?.();
      if (!isKept) continue;
    }
    if (event.kind !== "present") after = event;
    yield event;
  }
}
