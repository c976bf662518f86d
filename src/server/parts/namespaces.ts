/** Namespaces as a part: tenants and branches, kept in the store, and what belongs to each in the other blocks. */
import { NamespacesContract } from "../../blocks/namespaces/contract.ts";
import type { Namespaces } from "../../blocks/namespaces/index.ts";
import { remoteNamespaces } from "../../blocks/namespaces/remote.ts";
import { platformNamespace } from "../../blocks/registry/index.ts";
import type { Logger } from "../../core/log.ts";
import type { NamespaceCache } from "../../rpc/namespace-cache.ts";
import { openNamespaces } from "../drivers.ts";
import { createHoldings, type HeldBlocks } from "../namespace-holdings.ts";
import type { Profile } from "../profile.ts";
import type { FarPart } from "./far-part.ts";
import { createPart, type Part, Slot } from "./part.ts";

export interface NamespacesPart {
  readonly part: Part;
  /** For all who use it: while it is not open, or not there, it is `unavailable`. */
  readonly namespaces: Namespaces;
}

export interface NamespacesPartOptions extends HeldBlocks {
  /** Is told all of them before the part is ready. */
  readonly cache: NamespaceCache;
  readonly profile: Profile;
  /** Names of parts: opened after these. */
  readonly dependsOn: readonly string[];
  /** The store is in another process: it is waited for. */
  readonly isPatient: boolean;
  readonly log: Logger;
}

export function createNamespacesPart(options: NamespacesPartOptions): NamespacesPart {
  const { profile, store, cache, dependsOn, isPatient, log } = options;
  const slot = new Slot<Namespaces>("the namespaces");
  const part = createPart({
    name: "namespaces",
    dependsOn,
    patience: isPatient ? log : undefined,
    async open() {
      await using stack = new AsyncDisposableStack();
      const namespaces = await openNamespaces(profile, {
        table: store.database(platformNamespace).table("namespaces"),
        holdings: createHoldings(options),
      });
      stack.use(slot.hold(namespaces));
      stack.use(cache.follow(namespaces));
      await cache.present;
      return stack.move();
    },
  });
  const namespaces: Namespaces = {
    create: async (...given) => slot.get().create(...given),
    get: async (...given) => slot.get().get(...given),
    list: async (...given) => slot.get().list(...given),
    change: async (...given) => slot.get().change(...given),
    delete: async (...given) => slot.get().delete(...given),
    watch: (wait) => slot.get().watch(wait),
  };
  return { part, namespaces };
}

/** Namespaces in another process. */
export function createFarNamespaces(far: FarPart): NamespacesPart {
  const namespaces = remoteNamespaces(far.connect()(NamespacesContract, platformNamespace));
  return { part: far.child(), namespaces };
}
