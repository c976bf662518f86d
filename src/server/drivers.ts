/** The one place that picks drivers: by the names of a profile, each imported only when it is picked. */
import type { Auth } from "../blocks/auth/index.ts";
import type { StoreAuthOptions } from "../blocks/auth/drivers/store.ts";
import type { StoreNamespacesOptions } from "../blocks/namespaces/drivers/store.ts";
import type { Namespaces } from "../blocks/namespaces/index.ts";
import type { Registry } from "../blocks/registry/index.ts";
import type { ProcessRuntime } from "../blocks/runtime/drivers/process.ts";
import type { ProcessRuntimeOptions } from "../blocks/runtime/drivers/process/options.ts";
import type { Store } from "../blocks/store/index.ts";
import type { Profile } from "./profile.ts";

/** Where a store keeps what it is given; each driver needs one of them, or none. */
export interface WhereStore {
  /** Of its file. */
  readonly path: string;
  /** The URL of its server. */
  readonly backend?: string | undefined;
}

const registries: { readonly [driver in Profile["registry"]["driver"]]: () => Promise<Registry> } =
  {
    memory: async () =>
      (await import("../blocks/registry/drivers/memory.ts")).createMemoryRegistry(),
  };

const stores: {
  readonly [driver in Profile["store"]["driver"]]: (
    where: WhereStore,
  ) => Promise<Store & AsyncDisposable>;
} = {
  memory: async () => {
    const { createMemoryStore } = await import("../blocks/store/drivers/memory.ts");
    // It ends with the process and owns nothing else.
    return { ...createMemoryStore(), async [Symbol.asyncDispose]() {} };
  },
  sqlite: async ({ path }) => {
    return (await import("../blocks/store/drivers/sqlite.ts")).openSqliteStore({ path });
  },
  postgres: async ({ backend = "" }) => {
    const { openPostgresStore } = await import("../blocks/store/drivers/postgres.ts");
    return openPostgresStore({ url: backend });
  },
};

const auths: {
  readonly [driver in Profile["auth"]["driver"]]: (options: StoreAuthOptions) => Promise<Auth>;
} = {
  store: async (options) => {
    return (await import("../blocks/auth/drivers/store.ts")).createStoreAuth(options);
  },
};

const runtimes: {
  readonly [driver in Profile["runtime"]["driver"]]: (
    options: ProcessRuntimeOptions,
  ) => Promise<ProcessRuntime>;
} = {
  process: async (options) => {
    return (await import("../blocks/runtime/drivers/process.ts")).openProcessRuntime(options);
  },
};

const namespaces: {
  readonly [driver in Profile["namespaces"]["driver"]]: (
    options: StoreNamespacesOptions,
  ) => Promise<Namespaces>;
} = {
  store: async (options) => {
    return (await import("../blocks/namespaces/drivers/store.ts")).openStoreNamespaces(options);
  },
};

export function openRegistry(profile: Profile): Promise<Registry> {
  return registries[profile.registry.driver]();
}

export function openStore(profile: Profile, where: WhereStore): Promise<Store & AsyncDisposable> {
  return stores[profile.store.driver](where);
}

export function openAuth(profile: Profile, options: StoreAuthOptions): Promise<Auth> {
  return auths[profile.auth.driver](options);
}

export function openNamespaces(
  profile: Profile,
  options: StoreNamespacesOptions,
): Promise<Namespaces> {
  return namespaces[profile.namespaces.driver](options);
}

export function openRuntime(
  profile: Profile,
  options: ProcessRuntimeOptions,
): Promise<ProcessRuntime> {
  return runtimes[profile.runtime.driver](options);
}
