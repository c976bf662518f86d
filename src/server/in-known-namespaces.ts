/**
 * The blocks as they are for whoever comes to this platform: in a namespace that is not there nothing is kept and
 * nothing runs, so a slip in a name is told to who made it and begins nothing; in one that has quotas nothing is kept
 * or runs beyond them. Accounts and rules are there before their namespace, which begins with them. Where there is no
 * quota it costs a look into a map.
 */
import type { Quotas } from "../blocks/namespaces/index.ts";
import type { Runtime, Services } from "../blocks/runtime/index.ts";
import type { Database, Store } from "../blocks/store/index.ts";
import { systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { NamespaceCache } from "../rpc/namespace-cache.ts";
import { CountedDatabase } from "./quotas/counted-database.ts";
import { limitServices } from "./quotas/limited-services.ts";

export interface NamespacedBlocks {
  readonly runtime: Runtime;
  readonly store: Store;
}

export function inKnownNamespaces(
  { runtime, store }: NamespacedBlocks,
  cache: NamespaceCache,
): NamespacedBlocks {
  const databases = new LimitedDatabases(store, cache);
  const starting = new Map<string, Set<string | symbol>>();

  function services(namespace: string): Services {
    const all = runtime.services(needed(namespace, cache));
    const limit = cache.get(namespace)?.quotas.services;
    if (limit === undefined) return all;
    const names = starting.get(namespace) ?? new Set();
    starting.set(namespace, names);
    return limitServices(all, { namespace, starting: names, limit });
  }
  return {
    runtime: { services },
    store: {
      survives: (options) => store.survives(options),
      database: (name) => databases.get(needed(name, cache)),
    },
  };
}

/** Databases, those of namespaces that have a quota of keys or bytes behind what counts them. */
class LimitedDatabases {
  readonly #store: Store;
  readonly #cache: NamespaceCache;
  readonly #counted = new Map<string, CountedDatabase>();

  constructor(store: Store, cache: NamespaceCache) {
    this.#store = store;
    this.#cache = cache;
  }

  get(namespace: string): Database {
    const { keys, bytes } = this.#cache.get(namespace)?.quotas ?? noQuotas;
    if (keys === undefined && bytes === undefined) {
      // What is written from now on nobody counts.
      if (this.#counted.size > 0) this.#counted.delete(namespace);
      return this.#store.database(namespace);
    }
    const known = this.#counted.get(namespace);
    if (known) return known;
    const counted = new CountedDatabase({
      namespace,
      database: this.#store.database(namespace),
      quotas: () => this.#cache.get(namespace)?.quotas ?? noQuotas,
      nowMs: () => systemClock.monotonicMs(),
    });
    this.#counted.set(namespace, counted);
    return counted;
  }
}

const noQuotas: Quotas = {};

/** @throws {ReefError} `not_found` when it is known that there is none */
export function needed(namespace: string, cache: NamespaceCache): string {
  if (!cache.lacks(namespace)) return namespace;
  throw new ReefError(
    "not_found",
    `Cannot work in the namespace "${namespace}": there is none; "reef namespace create ${namespace}" makes it`,
    { maybeExecuted: false },
  );
}
