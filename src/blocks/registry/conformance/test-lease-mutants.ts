/** Registries that break one promise about leases or questions each, with the case that catches each. */
import type { ContractDescriptor } from "../../../contract/descriptor.ts";
import type { Mutant } from "../../../testing/mutants.ts";
import type { Lease, Registry } from "../index.ts";

/** What a mutant does otherwise than the honest registry. */
export type RegistryChange = (honest: Registry) => Partial<Registry>;

const midway =
  "every method that a signal stops midway rejects with its reason, or has done its work";
const disposed = "a lease ends when it is disposed: at once, once, and with the code cancelled";
const { signal: never } = new AbortController();

export const leaseMutants: readonly Mutant<RegistryChange>[] = [
  {
    breaks: "register() takes an id that another lease holds",
    caught: "register() refuses an id that is held, until its lease ends",
    change: (honest) => ({
      register: async (node, options) => {
        const other = { ...node, id: `${node.id}-2` };
        return honest.register(node, options).catch(() => honest.register(other, options));
      },
    }),
  },
  {
    breaks: "register() says that it has listed what it refuses",
    caught: "register() refuses a node against the rules, and lists nothing of it",
    change: (honest) => ({
      register: (node, options) => honest.register(node, options).catch(() => notHeld(node)),
    }),
  },
  {
    breaks: "register() takes more than nodesMax",
    caught: "register() refuses more nodes than nodesMax, and takes another when one leaves",
    change: (honest) => ({
      register: (node, options) => honest.register(node, options).catch(() => notHeld(node)),
    }),
  },
  {
    breaks: "update() sets back what is not in the change",
    caught: "update() changes state, addresses and metadata, and nothing else",
    change: withLease((lease) => ({
      update: (change, options) => lease.update({ metadata: {}, ...change }, options),
    })),
  },
  {
    breaks: "update() says that it has changed what it refuses",
    caught: "update() refuses what breaks a rule, and the node stays as it was",
    change: withLease((lease) => ({
      update: (change, options) => lease.update(change, options).catch(() => {}),
    })),
  },
  {
    breaks: "update() goes on after a signal that has fired",
    caught: "every method rejects with the reason of a signal that has fired, and does nothing",
    change: withLease((lease) => ({ update: (change) => lease.update(change) })),
  },
  {
    breaks: "a lease is never over",
    caught: disposed,
    change: withLease(() => ({ [Symbol.asyncDispose]: async () => {} })),
  },
  {
    breaks: "a lease that is over does not say so",
    caught: disposed,
    change: withLease(() => ({ lost: never })),
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

export const questionMutants: readonly Mutant<RegistryChange>[] = [
  {
    breaks: "resolve() has an error of its own for a signal that fires midway",
    caught: midway,
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
    caught: midway,
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
    breaks: "list() is in another order",
    caught: "list() is sorted by namespace, then name, in its scope",
    change: (honest) => ({ list: async (scope) => (await honest.list(scope)).toReversed() }),
  },
  {
    breaks: "contract() stays when nobody promises it any more",
    caught: "contract() is there as long as a node promises it",
    change: (honest) => {
      const kept = new Map<string, ContractDescriptor>();
      return {
        contract: async (digest, options) => {
          const known = kept.get(digest) ?? (await honest.contract(digest, options));
          kept.set(digest, known);
          return known;
        },
      };
    },
  },
];

/** A registry whose leases do some things otherwise. */
function withLease(change: (lease: Lease) => Partial<Lease>): RegistryChange {
  return (honest) => ({
    async register(node, options) {
      const lease = await honest.register(node, options);
      return {
        lost: lease.lost,
        get node() {
          return lease.node;
        },
        update: (given, waiting) => lease.update(given, waiting),
        [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose](),
        ...change(lease),
      };
    },
  });
}

/** The lease of a node that nobody has listed. */
function notHeld(node: Lease["node"]): Lease {
  return { node, lost: never, async update() {}, async [Symbol.asyncDispose]() {} };
}
