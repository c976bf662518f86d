/** Namespaces that break one promise each, with the case that catches each. */
import { leavable, type Mutant } from "../../../testing/mutants.ts";
import type { NamespacesUnderTest, OpenNamespaces } from "../conformance.ts";
import { openTestNamespaces } from "../drivers/store/test-namespaces.ts";
import type { Namespaces } from "../index.ts";

/** What a mutant does otherwise. */
type Change = (honest: Namespaces, it: NamespacesUnderTest) => Partial<Namespaces>;

export function openChanged(change: Change = () => ({})): OpenNamespaces {
  return async () => {
    const it = await openTestNamespaces();
    const changed = (honest: Namespaces): Namespaces => ({ ...honest, ...change(honest, it) });
    return {
      ...it,
      namespaces: changed(it.namespaces),
      again: async () => changed(await it.again()),
    };
  };
}

const always =
  "the first two are always there: not deleted, without a base, and the platform's unchanged";
const changes = "change() keeps what is left out, and takes away what it is told to";
const chain =
  "a chain of bases is never longer than its limit, be it grown at its end or in its middle";
const admitted =
  "a base lets its branch in before that is there, and not any more when it has left";
const notEmpty =
  "delete() refuses one that is not empty and says what is in it, unless it is forced";
const told = "watch() tells all that are there, once complete, then each change in order";

export const mutants: readonly Mutant<Change>[] = [
  {
    breaks: "a namespace is there before its holdings have begun",
    caught: "create() makes a namespace that get() and list() show, after its holdings have begun",
    change: (honest, { holdings }) => ({
      async create(given, options) {
        const made = await honest.create(given, options);
        holdings.told.unshift("made");
        return made;
      },
    }),
  },
  {
    breaks: "create() says that it has made what it refuses",
    caught: "create() refuses a name that is taken, a bad one, and a quota that is no count",
    change: (honest) => ({
      create: (given, options) =>
        honest.create(given, options).catch(() => ({ name: given.name, quotas: {}, createdMs: 1 })),
    }),
  },
  {
    breaks: "the platform's own is shown to nobody",
    caught: always,
    change: (honest) => ({
      async list(options) {
        const page = await honest.list(options);
        return { ...page, items: page.items.filter(({ name }) => name !== "reef") };
      },
    }),
  },
  {
    breaks: "change() begins with nothing",
    caught: changes,
    change: (honest) => ({
      change: (name, change, options) =>
        honest.change(
          name,
          {
            ...change,
            without: [...(change.without ?? []), ...(change.quotas ? (["keys"] as const) : [])],
          },
          options,
        ),
    }),
  },
  {
    breaks: "list() forgets all behind the first page",
    caught: "list() gives all of them in pages, in the order of their names",
    change: (honest) => ({
      list: async (options) => ({ items: (await honest.list(options)).items }),
    }),
  },
  {
    breaks: "what is acknowledged is known to nobody else",
    caught: "others on the same place know what these have acknowledged",
    change: (honest, it) => ({
      get: async (name, options) =>
        honest === it.namespaces ? honest.get(name, options) : undefined,
    }),
  },
  {
    breaks: "a base that is not there is left out",
    caught: "create() and change() refuse a base that is not there, and that of the platform",
    change: (honest) => ({
      create: (given, options) =>
        honest.create(given, options).catch(() => honest.create({ name: given.name }, options)),
    }),
  },
  {
    breaks: "change() says that a namespace is its own base",
    caught: "no namespace becomes its own base, by however many others",
    change: (honest) => ({
      change: (name, change, options) =>
        honest
          .change(name, change, options)
          .catch(() => ({ name, base: change.base, quotas: {}, createdMs: 1 })),
    }),
  },
  {
    breaks: "a chain that would be too long is made without its base",
    caught: chain,
    change: (honest) => ({
      create: (given, options) =>
        honest.create(given, options).catch(() => honest.create({ name: given.name }, options)),
    }),
  },
  {
    breaks: "a base goes on to let in who has left it",
    caught: admitted,
    change: (honest, { holdings }) => ({
      async change(name, change, options) {
        const after = await honest.change(name, change, options);
        const at = holdings.told.findIndex((each) => each.startsWith("dismiss"));
        if (at >= 0) holdings.told.splice(at, 1);
        return after;
      },
    }),
  },
  {
    breaks: "delete() always says that it was there",
    caught: "delete() ends an empty one with its accounts and rules, and says whether it was there",
    change: (honest) => ({
      async delete(name, options) {
        await honest.delete(name, options);
        return true;
      },
    }),
  },
  {
    breaks: "delete() is always forced",
    caught: notEmpty,
    change: (honest) => ({ delete: (name) => honest.delete(name, { force: true }) }),
  },
  {
    breaks: "delete() takes a base away from its branches",
    caught: "delete() refuses the base of another, forced or not",
    change: (honest) => ({
      delete: (name, options) =>
        honest.delete(name, options).catch(async () => {
          await honest.change("b", { without: ["base"] });
          return honest.delete(name, options);
        }),
    }),
  },
  {
    breaks: "watch() does not tell that a namespace is gone",
    caught: told,
    change: (honest) => ({
      watch: ({ signal } = {}) =>
        leavable(signal, async function* (over) {
          for await (const event of honest.watch({ signal: over })) {
            if (event.kind !== "gone") yield event;
          }
        }),
    }),
  },
  {
    breaks: "watch() fails when its signal fires",
    caught:
      "watch() ends without an error when its signal fires or it is left, and leaves nothing behind",
    change: (honest) => ({
      watch: ({ signal } = {}) =>
        leavable(signal, async function* (over) {
          yield* honest.watch({ signal: over });
          signal?.throwIfAborted();
        }),
    }),
  },
];
