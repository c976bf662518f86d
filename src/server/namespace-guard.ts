/**
 * Who sees and lists what in the registry of a platform, and who sees and makes namespaces: each has the services of
 * his own and of the bases of that, and only owners of the home have all.
 */
import type { NamespacesAccess } from "../blocks/namespaces/service.ts";
import { platformNamespace } from "../blocks/registry/index.ts";
import type { RegistryAccess } from "../blocks/registry/service/access.ts";
import { AccessRules, type Rule } from "../core/access-rules.ts";
import { ReefError } from "../core/errors.ts";
import type { Caller } from "../core/identity.ts";
import {
  homeNamespace,
  isHomeOwner,
  mayActIn,
  namespaceOf,
  subjectOf,
} from "../core/namespace-access.ts";
import type { NamespaceCache } from "../rpc/namespace-cache.ts";
import type { Sight } from "../rpc/seen-events.ts";
import { needed } from "./in-known-namespaces.ts";
import { HeldServices } from "./quotas/held-services.ts";
import { ServiceNames } from "./service-names.ts";

export interface NamespaceGuardOptions {
  readonly cache: NamespaceCache;
  /** Everybody is asked who he is; where nobody is, one whom nobody knows sees and does everything. */
  readonly isGuarded: boolean;
  /** Whether a namespace has an account of this id: the name of a service belongs to its account. */
  readonly hasAccount: (namespace: string, id: string) => Promise<boolean>;
  /** Those of the home say who of other namespaces may run programs. */
  readonly homeRules: () => Promise<readonly Rule[]>;
}

export interface NamespaceGuard {
  readonly registry: RegistryAccess;
  readonly namespaces: NamespacesAccess;
  /**
   * A program may do whatever the user of the platform may, and read the identity of its owner: who says what runs
   * must be trusted by the home, whatever the rules of his own namespace say.
   * @throws {ReefError} `permission_denied`
   */
  checkProgram(caller: Caller, method: "run" | "update"): Promise<void>;
  /** The names under which a service serves now. */
  servedBy(caller: Caller): readonly string[];
  /** A namespace of the same name may have been there before: what happened in that is nothing to this one's owners. */
  auditedSince(caller: Caller, namespace: string): number | undefined;
}

export function createNamespaceGuard({
  cache,
  isGuarded,
  hasAccount,
  homeRules,
}: NamespaceGuardOptions): NamespaceGuard {
  const held = new HeldServices();
  const names = new ServiceNames({ hasAccount });
  const isTrusted = ({ kind }: Caller) => kind === "anonymous" && !isGuarded;
  const sight: Sight = {
    sees(caller, namespace) {
      if (isTrusted(caller)) return true;
      // The blocks are called by everybody who may.
      if (namespace === platformNamespace) return true;
      const subject = subjectOf(caller);
      if (mayActIn(subject, namespace)) return true;
      return cache.basesOf(namespaceOf(subject)).includes(namespace);
    },
    onChange: (listener) => cache.onChange(listener),
  };
  return {
    servedBy: (caller) => names.of(caller),
    async checkProgram(caller, endpoint) {
      const subject = subjectOf(caller);
      if (isTrusted(caller) || namespaceOf(subject) === homeNamespace) return;
      const rules = new AccessRules(homeNamespace, await homeRules());
      if (rules.decide(subject, { type: "block", name: "runtime", endpoint }).allowed) return;
      throw notHisMachine(namespaceOf(subject));
    },
    auditedSince(caller, namespace) {
      if (isTrusted(caller) || isHomeOwner(subjectOf(caller))) return undefined;
      return cache.get(namespace)?.createdMs;
    },
    registry: {
      ...sight,
      async hold(caller, { namespace, service }) {
        needed(namespace, cache);
        if (!isTrusted(caller) && !mayActIn(subjectOf(caller), namespace)) {
          throw denied(
            `Cannot list the service "${service}" in namespace "${namespace}": its caller is of another one; ` +
              `use an account of "${namespace}"`,
          );
        }
        using entered = new DisposableStack();
        entered.use(await names.claim(caller, { namespace, service }));
        entered.use(held.hold(namespace, service, cache.get(namespace)?.quotas.services));
        return entered.move();
      },
    },
    namespaces: {
      ...sight,
      checkChange(caller) {
        if (isTrusted(caller) || isHomeOwner(subjectOf(caller))) return;
        throw denied(
          `Cannot change namespaces: only owners of "${homeNamespace}" may; ask one of them`,
        );
      },
    },
  };
}

function notHisMachine(namespace: string): ReefError {
  const rule = `a program may do what the platform's user may, and its caller is of "${namespace}"`;
  const next = `reef auth put-rule programs-${namespace} --scope +${namespace} --resource block:runtime`;
  return denied(
    `Cannot run programs: ${rule}; an owner of "${homeNamespace}" allows it by "${next}"`,
  );
}

function denied(text: string): ReefError {
  return new ReefError("permission_denied", text, { maybeExecuted: false });
}
