/**
 * Who sees and lists what in the registry of a platform: each the services of its namespace and of the bases of that.
 */
import { platformNamespace } from "../blocks/registry/index.ts";
import type { RegistryAccess } from "../blocks/registry/service/access.ts";
import { ReefError } from "../core/errors.ts";
import type { Caller } from "../core/identity.ts";
import { mayActIn, namespaceOf, type Subject } from "../core/namespace-access.ts";
import type { NamespaceCache } from "../rpc/namespace-cache.ts";
import { needed } from "./in-known-namespaces.ts";

export interface RegistryAccessOptions {
  readonly cache: NamespaceCache;
  /** Nobody comes in without being asked who he is; where nobody is asked, everybody sees everything. */
  readonly isGuarded: boolean;
}

export function createRegistryAccess({ cache, isGuarded }: RegistryAccessOptions): RegistryAccess {
  return {
    sees(caller, namespace) {
      if (!isGuarded) return true;
      // The blocks are called by everybody who may.
      if (namespace === platformNamespace) return true;
      const subject = subjectOf(caller);
      if (mayActIn(subject, namespace)) return true;
      return cache.basesOf(namespaceOf(subject)).includes(namespace);
    },
    checkHold(caller, { namespace, service }) {
      needed(namespace, cache);
      if (!isGuarded || mayActIn(subjectOf(caller), namespace)) return;
      throw new ReefError(
        "permission_denied",
        `Cannot list the service "${service}" in namespace "${namespace}": its caller is of another one; use an account of "${namespace}"`,
        { maybeExecuted: false },
      );
    },
    onChange: (listener) => cache.onChange(listener),
  };
}

function subjectOf(caller: Caller): Subject | undefined {
  return caller.kind === "anonymous" ? undefined : caller;
}
