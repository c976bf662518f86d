/** The suite has teeth: each of these drivers breaks one promise, and a case says so. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type OpenRegistry, registryCases } from "./conformance.ts";
import { createMemoryRegistry } from "./drivers/memory.ts";
import type { Registry, RegistryEvent, RegistryLimits, RegistryScope } from "./index.ts";

interface Mutant {
  readonly breaks: string;
  readonly caught: string;
  readonly change: (honest: Registry) => Partial<Registry>;
}

const mutants: readonly Mutant[] = [
  {
    breaks: "watch() never says where the present ends",
    caught: "watch() yields the present first, and says once where it ends",
    change: (honest) => ({
      watch: (scope) => filter(honest.watch(scope), ({ kind }) => kind !== "present"),
    }),
  },
  {
    breaks: "watch() says where the present ends, and shows none of it",
    caught: "watch() yields the present first, and says once where it ends",
    change: (honest) => ({
      watch: (scope) => {
        let over = false;
        return filter(honest.watch(scope), ({ kind }) => (over ||= kind === "present"));
      },
    }),
  },
  {
    breaks: "watch() repeats what happens",
    caught: "watch() yields each change once, in order, each revision one above the last",
    change: (honest) => ({ watch: (scope) => repeat(honest.watch(scope)) }),
  },
  {
    breaks: "watch() lists first and listens later",
    caught: "watch() misses nothing and repeats nothing that races with its start",
    change: (honest) => ({ watch: (scope) => listThenListen(honest, scope) }),
  },
  {
    breaks: "watch() holds everything for a slow reader",
    caught: "watch() cuts off a reader that falls behind, and nobody else",
    change: (honest) => ({ watch: (scope) => hoard(honest.watch(scope)) }),
  },
  {
    breaks: "watch() goes on behind a reader who left",
    caught: "watch() leaves nothing behind when it is left",
    change: (honest) => ({ watch: (scope) => hoard(honest.watch(scope)) }),
  },
  {
    breaks: "watch() of every registry has the same epoch",
    caught: "every event of a registry has one epoch, and another registry has another",
    change: (honest) => ({
      watch: (scope) => map(honest.watch(scope), (event) => ({ ...event, epoch: "1" })),
    }),
  },
  {
    breaks: "a lease is never over",
    caught: "a lease ends when it is disposed: at once, once, and with the code cancelled",
    change: (honest) => ({
      register: async (node, options) => {
        const lease = await honest.register(node, options);
        return { ...lease, [Symbol.asyncDispose]: async () => {} };
      },
    }),
  },
  {
    breaks: "update() goes on after a signal that has fired",
    caught: "every method rejects with the reason of a signal that has fired, and does nothing",
    change: (honest) => ({
      register: async (node, options) => {
        const lease = await honest.register(node, options);
        return { ...lease, update: (change) => lease.update(change) };
      },
    }),
  },
  {
    breaks: "resolve() has an error of its own for a signal that fires midway",
    caught: "every method that a signal stops midway rejects with its reason, or has done its work",
    change: (honest) => ({
      resolve: async (name, { signal } = {}) => {
        await Promise.resolve();
        if (signal?.aborted) throw new Error("stopped");
        return honest.resolve(name);
      },
    }),
  },
  {
    breaks: "list() leaves its listener on a signal",
    caught: "every method that a signal stops midway rejects with its reason, or has done its work",
    change: (honest) => ({
      list: async (scope = {}) => {
        scope.signal?.addEventListener("abort", () => {});
        return honest.list(scope);
      },
    }),
  },
  {
    breaks: "resolve() looks into all namespaces",
    caught: "resolve() keeps namespaces apart, and nodes in the order in which they came",
    change: (honest) => ({
      resolve: async ({ namespace, service }) => {
        const views = await honest.list({ service });
        const expected = views.some((view) => view.expected);
        return { namespace, service, expected, nodes: views.flatMap(({ nodes }) => nodes) };
      },
    }),
  },
  {
    breaks: "resolve() looks at every service",
    caught: "resolve() does the same work however many other nodes there are",
    change: (honest) => ({
      resolve: async ({ namespace, service }) => {
        for (const view of await honest.list()) {
          if (view.namespace === namespace && view.service === service) return view;
        }
        return { namespace, service, expected: false, nodes: [] };
      },
    }),
  },
  {
    breaks: "expect() ends with the first of its holders",
    caught: "expect() holds until the last of its holders ends it",
    change: (honest) => {
      let shared: ReturnType<Registry["expect"]> | undefined;
      return { expect: (name, options) => (shared ??= honest.expect(name, options)) };
    },
  },
];

for (const { breaks, caught, change } of mutants) {
  test(`registryCases catch a driver where ${breaks}`, async () => {
    const open = openWith(change);
    const claim = registryCases.find(({ name }) => name === caught);
    assert(claim, `there is no case "${caught}"`);
    assert.equal(await outcome(claim.run(openWith(() => ({})))), "passes");
    assert.notEqual(await outcome(claim.run(open)), "passes");
  });
}

function openWith(change: Mutant["change"]): OpenRegistry {
  return async (limits?: RegistryLimits) => {
    const honest = createMemoryRegistry(limits);
    const registry: Registry = {
      register: (node, options) => honest.register(node, options),
      expect: (name, options) => honest.expect(name, options),
      resolve: (name, options) => honest.resolve(name, options),
      list: (scope) => honest.list(scope),
      contract: (digest, options) => honest.contract(digest, options),
      watch: (scope) => honest.watch(scope),
      ...change(honest),
    };
    return { registry, async silence() {}, async [Symbol.asyncDispose]() {} };
  };
}

/** In memory everything happens in promises: what has not settled before an immediate never will. */
async function outcome(run: Promise<void>): Promise<"passes" | "fails" | "hangs"> {
  const hangs = new Promise<"hangs">((resolve) => setImmediate(resolve, "hangs"));
  const settled = run.then(
    () => "passes" as const,
    () => "fails" as const,
  );
  return Promise.race([settled, hangs]);
}

async function* filter(
  events: AsyncIterable<RegistryEvent>,
  keep: (event: RegistryEvent) => boolean,
) {
  for await (const event of events) if (keep(event)) yield event;
}

async function* map(
  events: AsyncIterable<RegistryEvent>,
  change: (event: RegistryEvent) => RegistryEvent,
) {
  for await (const event of events) yield change(event);
}

async function* repeat(events: AsyncIterable<RegistryEvent>) {
  let present = false;
  for await (const event of events) {
    yield event;
    if (present) yield event;
    present ||= event.kind === "present";
  }
}

async function* listThenListen(registry: Registry, scope: RegistryScope = {}) {
  const present: RegistryEvent[] = [];
  for await (const event of registry.watch(scope)) {
    present.push(event);
    if (event.kind === "present") break;
  }
  yield* present;
  let over = false;
  yield* filter(registry.watch(scope), ({ kind }) => {
    const before = !over;
    over ||= kind === "present";
    return !before;
  });
}

/** Reads as fast as it can, for ever, and hands out at the reader's pace. */
async function* hoard(events: AsyncIterable<RegistryEvent>) {
  const hoarded: RegistryEvent[] = [];
  let more = Promise.withResolvers<void>();
  void (async () => {
    for await (const event of events) {
      hoarded.push(event);
      more.resolve();
      more = Promise.withResolvers();
    }
  })();
  for (;;) {
    const event = hoarded.shift();
    if (event) yield event;
    else await more.promise;
  }
}
