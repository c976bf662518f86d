/** The store as a part: everything that the platform and its services keep. */
import { StoreContract } from "../../blocks/store/contract.ts";
import type { Store } from "../../blocks/store/index.ts";
import { type ConnectStore, remoteStore } from "../../blocks/store/remote.ts";
import { ReefError } from "../../core/errors.ts";
import { openStore } from "../drivers.ts";
import type { Profile } from "../profile.ts";
import type { FarPart } from "./far-part.ts";
import { createPart, type Part, Slot } from "./part.ts";

export interface StorePart {
  readonly part: Part;
  /** For all who use it: while it is not open, or not there, it is `unavailable`. */
  readonly store: Store;
}

export interface StorePartOptions {
  readonly profile: Profile;
  /** Of its file, if the driver keeps one. */
  readonly path: string;
}

/** The store in this process. */
export function createStorePart({ profile, path }: StorePartOptions): StorePart {
  const slot = new Slot<Store>("the store");
  const part = createPart({
    name: "store",
    dependsOn: [],
    async open() {
      await using stack = new AsyncDisposableStack();
      const store = stack.use(await openStore(profile, path));
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

/** Its process remembers the name of each method in each namespace, up to 4096 on one connection. */
const namespacesPerConnection = 256;

/** A name takes memory here and there for as long as the platform runs; nobody has so many tenants on one machine. */
const namespacesMax = 10_000;

/** The store in another process. */
export function createFarStore(far: FarPart): StorePart {
  return { part: far.child(), store: remoteStore(connectByNamespace(far)) };
}

/** One client for each namespace, many of them on one connection. */
function connectByNamespace(far: FarPart): ConnectStore {
  const clients = new Map<string, ReturnType<ConnectStore>>();
  let connect = far.connect();
  return (namespace) => {
    const known = clients.get(namespace);
    if (known) return known;
    if (clients.size >= namespacesMax) throw tooManyNamespaces();
    if (clients.size > 0 && clients.size % namespacesPerConnection === 0) connect = far.connect();
    const client = connect(StoreContract, namespace);
    clients.set(namespace, client);
    return client;
  };
}

function tooManyNamespaces(): ReefError {
  const rule = `this platform has seen ${namespacesMax} namespaces, the most that it remembers`;
  const text = `Cannot open another database: ${rule}; start the platform again`;
  return new ReefError("resource_exhausted", text, { maybeExecuted: false });
}
