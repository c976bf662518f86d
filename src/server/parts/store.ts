/** The store as a part: everything that the platform and its services keep. */
import type { Store } from "../../blocks/store/index.ts";
import { openStore } from "../drivers.ts";
import type { Profile } from "../profile.ts";
import { type Part, Slot } from "./part.ts";

export interface StorePartOptions {
  readonly profile: Profile;
  /** Of its file, if the driver keeps one. */
  readonly path: string;
}

/** The part, and the store for all who use it: before it is open, and between two openings, it is `unavailable`. */
export function createStorePart(options: StorePartOptions): Part & { readonly store: Store } {
  const { profile, path } = options;
  const slot = new Slot<Store>("the store");
  return {
    name: "store",
    dependsOn: [],
    store: {
      survives: async (...given) => slot.get().survives(...given),
      database: (name) => slot.get().database(name),
    },
    async open() {
      await using stack = new AsyncDisposableStack();
      const store = stack.use(await openStore(profile, path));
      stack.use(slot.hold(store));
      return stack.move();
    },
  };
}
