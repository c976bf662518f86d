/** Registries whose watches break one promise each, with the case that catches each. */
import { leavable, type Mutant } from "../../../testing/mutants.ts";
import type { Registry, RegistryEvent, RegistryScope } from "../index.ts";
import type { RegistryChange } from "./test-lease-mutants.ts";

const presentFirst = "watch() yields the present first, and says once where it ends";
const inOrder = "watch() yields each change once, in order, each revision one above the last";

export const watchMutants: readonly Mutant<RegistryChange>[] = [
  {
    breaks: "watch() never says where the present ends",
    caught: presentFirst,
    change: retold(({ kind }) => kind !== "present"),
  },
  {
    breaks: "watch() says where the present ends, and shows none of it",
    caught: presentFirst,
    change: watching(withoutPresent),
  },
  {
    breaks: "watch() repeats what happens",
    caught: inOrder,
    change: watching(repeated),
  },
  {
    breaks: "watch() tells two changes in the wrong order",
    caught: inOrder,
    change: watching(swapped),
  },
  {
    breaks: "watch() does not say what is gone",
    caught: inOrder,
    change: retold(({ kind }) => kind !== "gone"),
  },
  {
    breaks: "watch() shows every namespace",
    caught: "watch() sees its scope only, its revisions rising",
    change: watching((_, honest, { service, signal }) => honest.watch({ service, signal })),
  },
  {
    breaks: "watch() lists first and listens later",
    caught: "watch() misses nothing and repeats nothing that races with its start",
    change: watching((_, honest, scope) => listThenListen(honest, scope)),
  },
  {
    breaks: "watch() holds everything for a slow reader",
    caught: "watch() cuts off a reader that falls behind, and nobody else",
    change: watching(hoarded),
  },
  {
    breaks: "watch() goes on behind a reader who left",
    caught: "watch() leaves nothing behind when it is left",
    change: (honest) => ({
      watch: (scope) => leavable(undefined, () => hoarded(honest.watch(scope))),
    }),
  },
  {
    breaks: "watch() of every registry has the same epoch",
    caught: "every event of a registry has one epoch, and another registry has another",
    change: watching(async function* (events) {
      for await (const event of events) yield { ...event, epoch: "1" };
    }),
  },
];

type Retell = (
  events: AsyncIterable<RegistryEvent>,
  honest: Registry,
  scope: RegistryScope,
) => AsyncIterable<RegistryEvent>;

/** A registry whose watches tell what `retell` makes of the honest events. */
function watching(retell: Retell): RegistryChange {
  return (honest) => ({
    watch: (scope = {}) =>
      leavable(scope.signal, (signal) => {
        const leaving = { ...scope, signal };
        return retell(honest.watch(leaving), honest, leaving);
      }),
  });
}

/** A registry whose watches tell these events alone. */
function retold(isTold: (event: RegistryEvent) => boolean): RegistryChange {
  return watching(async function* (events) {
    for await (const event of events) if (isTold(event)) yield event;
  });
}

async function* withoutPresent(events: AsyncIterable<RegistryEvent>) {
  let isOver = false;
  for await (const event of events) {
    isOver ||= event.kind === "present";
    if (isOver) yield event;
  }
}

async function* repeated(events: AsyncIterable<RegistryEvent>) {
  let isOver = false;
  for await (const event of events) {
    yield event;
    if (isOver) yield event;
    isOver ||= event.kind === "present";
  }
}

async function* swapped(events: AsyncIterable<RegistryEvent>) {
  let isOver = false;
  let held: RegistryEvent | undefined;
  for await (const event of events) {
    if (!isOver) yield event;
    else if (held === undefined) held = event;
    else {
      yield event;
      yield held;
      held = undefined;
    }
    isOver ||= event.kind === "present";
  }
}

async function* listThenListen(honest: Registry, scope: RegistryScope) {
  const present: RegistryEvent[] = [];
  for await (const event of honest.watch(scope)) {
    present.push(event);
    if (event.kind === "present") break;
  }
  yield* present;
  let isOver = false;
  for await (const event of honest.watch(scope)) {
    if (isOver) yield event;
    isOver ||= event.kind === "present";
  }
}

/** Reads as fast as it can, and hands out at the reader's pace. */
async function* hoarded(events: AsyncIterable<RegistryEvent>) {
  const hoard: RegistryEvent[] = [];
  let more = Promise.withResolvers<void>();
  let isOver = false;
  void (async () => {
    for await (const event of events) {
      hoard.push(event);
      more.resolve();
      more = Promise.withResolvers();
    }
    isOver = true;
    more.resolve();
  })();
  for (;;) {
    const event = hoard.shift();
    if (event) yield event;
    else if (isOver) return;
    else await more.promise;
  }
}
