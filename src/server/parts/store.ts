/** The store as a part: everything that the platform and its services keep. */
import { StoreContract } from "../../blocks/store/contract.ts";
import type { Store } from "../../blocks/store/index.ts";
import { remoteStore } from "../../blocks/store/remote.ts";
import { openStore, type WhereStore } from "../drivers.ts";
import type { Profile } from "../profile.ts";
import { connectEach } from "./connect-each.ts";
import type { FarPart } from "./far-part.ts";
import { createPart, type Part, Slot } from "./part.ts";

export interface StorePart {
  readonly part: Part;
  /** For all who use it: while it is not open, or not there, it is `unavailable`. */
  readonly store: Store;
}

export interface StorePartOptions extends WhereStore {
  readonly profile: Profile;
}

/** The store in this process. */
export function createStorePart({ profile, ...where }: StorePartOptions): StorePart {
  const slot = new Slot<Store>("the store");
  const part = createPart({
    name: "store",
    dependsOn: [],
    async open() {
      await using stack = new AsyncDisposableStack();
      const store = stack.use(await openStore(profile, where));
      stack.use(slot.hold(store));
      return stack.move();
    },
  });
  const store: Store = {
    survives: async (...given) => slot.get().survives(...given),
    database: (name) => slot.get().database(name),
  };
  return { part, store };
}

/** The store in another process. */
export function createFarStore(far: FarPart): StorePart {
  return { part: far.child(), store: remoteStore(connectEach(far, StoreContract)) };
}
