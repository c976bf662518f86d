/** Each part as it is when it has a process of its own: what it serves there, and what it takes from the platform. */
import { AuthContract } from "../blocks/auth/contract.ts";
import { remoteAuth } from "../blocks/auth/remote.ts";
import { authService } from "../blocks/auth/service.ts";
import { NamespacesContract } from "../blocks/namespaces/contract.ts";
import { remoteNamespaces } from "../blocks/namespaces/remote.ts";
import { namespacesService } from "../blocks/namespaces/service.ts";
import { RegistryContract } from "../blocks/registry/contract.ts";
import { platformNamespace, type Registry } from "../blocks/registry/index.ts";
import { remoteRegistry } from "../blocks/registry/remote.ts";
import { registryService } from "../blocks/registry/service.ts";
import { RuntimeContract } from "../blocks/runtime/contract.ts";
import { remoteRuntime } from "../blocks/runtime/remote.ts";
import { runtimeService } from "../blocks/runtime/service.ts";
import { StoreContract } from "../blocks/store/contract.ts";
import { remoteStore } from "../blocks/store/remote.ts";
import { storeService } from "../blocks/store/service.ts";
import type { Logger } from "../core/log.ts";
import type { StateFolder } from "../framework/state-folder.ts";
import { NamespaceCache } from "../rpc/namespace-cache.ts";
import type { Service } from "../rpc/service.ts";
import type { ProcessGroups } from "../supervisor/process-groups.ts";
import type { PartIdentities } from "./identity/parts.ts";
import { serverCommand } from "./commands.ts";
import { createAuthPart } from "./parts/auth.ts";
import { connectEach } from "./parts/connect-each.ts";
import { FarPart } from "./parts/far-part.ts";
import { createGatewayPart, type GatewayPart, type GatewayPartOptions } from "./parts/gateway.ts";
import type { Part } from "./parts/part.ts";
import { createProxyPart } from "./parts/proxy.ts";
import { createNamespacesPart } from "./parts/namespaces.ts";
import { createPortsPart } from "./parts/ports.ts";
import { createRegistryPart } from "./parts/registry.ts";
import { createRuntimePart } from "./parts/runtime.ts";
import { createStorePart } from "./parts/store.ts";
import type { PartName, Profile } from "./profile.ts";
import type { Listening } from "./tls/listening.ts";

export interface AloneOptions {
  readonly state: StateFolder;
  readonly listening: Listening;
  readonly port: number;
  readonly proxyPort: number;
  readonly origins: readonly string[];
  readonly profile: Profile;
  /** As of `ServerOptions`; for auth alone. */
  readonly keyPeriodMs?: number | undefined;
  /** The URL of the server that the profile is about. */
  readonly backend?: string | undefined;
  readonly groups: ProcessGroups;
  /** As for the whole platform. */
  readonly begin: Promise<unknown>;
  /** Who it is to the platform. */
  readonly identities: PartIdentities;
  readonly log: Logger;
}

/** Disposing it closes the way to the platform. */
export interface Alone extends AsyncDisposable {
  /** The part, and what it depends on. */
  readonly parts: readonly Part[];
  /** The block, for the platform; an edge has none. */
  readonly services: readonly Service[];
  /** Where HTTP or gRPC is answered, if it is the gateway or the proxy. */
  readonly url: string | undefined;
}

export async function createAlone(name: PartName, options: AloneOptions): Promise<Alone> {
  return createEach[name](options);
}

const createEach: {
  readonly [name in PartName]: (options: AloneOptions) => Alone | Promise<Alone>;
} = {
  store({ profile, state, backend }) {
    const { part, store } = createStorePart({ profile, path: state.store, backend });
    return { parts: [part], services: [storeService(store)], ...onlyBlock };
  },
  async registry({ profile }) {
    const { part, registry } = await createRegistryPart(profile);
    // Its only caller is the platform, which lists itself here and refuses others who would.
    const service = registryService(registry, { mayHoldPlatform: true });
    return { parts: [part], services: [service], ...onlyBlock };
  },
  auth(options) {
    const platform = platformFor("auth", options);
    const { part, auth } = createAuthPart({
      ...options,
      store: remoteStore(connectEach(platform, StoreContract)),
      isPatient: true,
      dependsOn: [platform.name],
    });
    return {
      ...onlyBlock,
      parts: [platform.child(), part],
      services: [authService(auth, { isPlatformCalling: true })],
      [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
    };
  },
  namespaces(options) {
    const platform = platformFor("namespaces", options);
    const { part, namespaces } = createNamespacesPart({
      ...options,
      registry: registryOf(platform),
      runtime: remoteRuntime(connectEach(platform, RuntimeContract)),
      store: remoteStore(connectEach(platform, StoreContract)),
      auth: remoteAuth(connectEach(platform, AuthContract)),
      cache: new NamespaceCache(),
      isPatient: true,
      dependsOn: [platform.name],
    });
    return {
      ...onlyBlock,
      parts: [platform.child(), part],
      services: [namespacesService(namespaces)],
      [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
    };
  },
  runtime(options) {
    const platform = platformFor("runtime", options);
    const { part, runtime } = createRuntimePart({
      ...options,
      registry: registryOf(platform),
      store: remoteStore(connectEach(platform, StoreContract)),
      auth: remoteAuth(connectEach(platform, AuthContract)),
      isPatient: true,
      dependsOn: [platform.name],
    });
    return {
      ...onlyBlock,
      parts: [platform.child(), part],
      services: [runtimeService(runtime)],
      [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
    };
  },
  gateway: (options) => entrance("gateway", options, createGatewayPart),
  proxy: (options) => entrance("proxy", { ...options, port: options.proxyPort }, createProxyPart),
  ports(options) {
    const platform = platformFor("ports", options);
    const registry = registryOf(platform);
    const auth = remoteAuth(connectEach(platform, AuthContract));
    return {
      ...onlyBlock,
      parts: [
        platform.child(),
        createPortsPart({ ...options, registry, auth, dependsOn: [platform.name] }),
      ],
      services: [],
      [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
    };
  },
};

function entrance(
  name: "gateway" | "proxy",
  options: AloneOptions,
  create: (options: GatewayPartOptions) => GatewayPart,
): Alone {
  const platform = platformFor(name, options);
  const registry = registryOf(platform);
  const auth = remoteAuth(connectEach(platform, AuthContract));
  const namespaces = new NamespaceCache();
  const connect = platform.connect();
  const following = namespaces.follow(
    remoteNamespaces(connect(NamespacesContract, platformNamespace)),
  );
  const entrance = create({
    ...options,
    registry,
    auth,
    namespaces,
    control: options.state.control,
    dependsOn: [platform.name],
  });
  return {
    parts: [platform.child(), entrance.part],
    services: [],
    get url() {
      return entrance.url;
    },
    async [Symbol.asyncDispose]() {
      await following[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

const onlyBlock = { url: undefined, async [Symbol.asyncDispose]() {} };

/** The platform as a part that is elsewhere, for one that is excluded from it. */
function platformFor(name: PartName, { state, identities, log }: AloneOptions): FarPart {
  const command = serverCommand([name], state);
  const credentials = identities.credentials(name);
  const address = state.control;
  return new FarPart({ name: "platform", address, command, needed: true, credentials, log });
}

function registryOf(platform: FarPart): Registry {
  return remoteRegistry(platform.connect()(RegistryContract, platformNamespace));
}
