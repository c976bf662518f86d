/**
 * The blocks as they are for whoever comes to this platform: in a namespace that is not there nothing is kept and
 * nothing runs, so a slip in a name is told to who made it and begins nothing.
 */
import type { Auth } from "../blocks/auth/index.ts";
import type { Runtime } from "../blocks/runtime/index.ts";
import type { Store } from "../blocks/store/index.ts";
import { ReefError } from "../core/errors.ts";
import type { NamespaceCache } from "../rpc/namespace-cache.ts";

export interface NamespacedBlocks {
  readonly auth: Auth;
  readonly runtime: Runtime;
  readonly store: Store;
}

export function inKnownNamespaces(
  { auth, runtime, store }: NamespacedBlocks,
  cache: NamespaceCache,
): NamespacedBlocks {
  return {
    auth: {
      ...auth,
      realm: (namespace) => auth.realm(needed(namespace, cache)),
    },
    runtime: { services: (namespace) => runtime.services(needed(namespace, cache)) },
    store: {
      survives: (options) => store.survives(options),
      database: (name) => store.database(needed(name, cache)),
    },
  };
}

/** @throws {ReefError} `not_found` when it is known that there is none */
export function needed(namespace: string, cache: NamespaceCache): string {
  if (!cache.lacks(namespace)) return namespace;
  throw new ReefError(
    "not_found",
    `Cannot work in the namespace "${namespace}": there is none; "reef namespace create ${namespace}" makes it`,
    { maybeExecuted: false },
  );
}
