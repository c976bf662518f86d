/** The parts of a platform, joined: what each is given of the others, wherever they run. */
import type { Auth } from "../blocks/auth/index.ts";
import { authService } from "../blocks/auth/service.ts";
import type { Namespaces } from "../blocks/namespaces/index.ts";
import { type NamespaceChanged, namespacesService } from "../blocks/namespaces/service.ts";
import { registryService } from "../blocks/registry/service.ts";
import { runtimeService } from "../blocks/runtime/service.ts";
import { storeService } from "../blocks/store/service.ts";
import { systemClock } from "../core/clock.ts";
import type { Logger } from "../core/log.ts";
import { homeNamespace } from "../core/namespace-access.ts";
import type { StateFolder } from "../framework/state-folder.ts";
import { NamespaceCache } from "../rpc/namespace-cache.ts";
import type { ChildState } from "../supervisor/events.ts";
import { ProcessGroups } from "../supervisor/process-groups.ts";
import { serviceCommand } from "./commands.ts";
import { createAuthPart, createFarAuth } from "./parts/auth.ts";
import { createControlPart } from "./parts/control.ts";
import { FarPart } from "./parts/far-part.ts";
import { createFarGateway, createGatewayPart, type GatewayPartOptions } from "./parts/gateway.ts";
import type { Part } from "./parts/part.ts";
import { createFarNamespaces, createNamespacesPart } from "./parts/namespaces.ts";
import { createFarProxy, createProxyPart } from "./parts/proxy.ts";
import { createPortsPart } from "./parts/ports.ts";
import { createFarRegistry, createRegistryPart } from "./parts/registry.ts";
import { createFarRuntime, createRuntimePart } from "./parts/runtime.ts";
import { createFarStore, createStorePart } from "./parts/store.ts";
import { openKeySchedule } from "./identity/key-schedule.ts";
import { partsKeyPeriodMs, rotatePartsKey } from "./identity/parts-key.ts";
import { openPartIdentities, type PartIdentities } from "./identity/parts.ts";
import { inKnownNamespaces, needed as neededNamespace } from "./in-known-namespaces.ts";
import { createNamespaceGuard, type NamespaceGuard } from "./namespace-guard.ts";
import type { HeldBlocks } from "./namespace-holdings.ts";
import { platformService } from "./platform-service.ts";
import { type PartName, partNames, type Profile } from "./profile.ts";
import type { Listening } from "./tls/listening.ts";

export interface PartsOptions {
  readonly state: StateFolder;
  readonly listening: Listening;
  readonly port: number;
  readonly proxyPort: number;
  readonly origins: readonly string[];
  readonly profile: Profile;
  /** As of `ServerOptions`. */
  readonly keyPeriodMs?: number | undefined;
  /** The URL of the server that the profile is about. */
  readonly backend?: string | undefined;
  readonly log: Logger;
  /** Settles when the platform is ready: then the services begin that are desired and do not run. */
  readonly begin: Promise<unknown>;
  /** The children of the supervisor, for the platform's own status. */
  readonly list: () => Promise<readonly ChildState[]>;
}

/** Disposing it closes the ways to other processes. */
export interface Parts extends AsyncDisposable {
  readonly all: readonly Part[];
  /** Whatever the runtime has started. */
  readonly groups: ProcessGroups;
  /** Where HTTP is answered by this process, while it is. */
  gateway(): string | undefined;
  /** Where gRPC is answered by this process, while it is. */
  proxy(): string | undefined;
}

/** Without these a platform is of no use. */
const needed: ReadonlySet<PartName> = new Set(["store", "registry", "auth"]);

export async function createParts(options: PartsOptions): Promise<Parts> {
  const { state, profile, begin, log } = options;
  const groups = new ProcessGroups();
  const identities = await openPartIdentities(state);
  const ways = new AsyncDisposableStack();
  ways.use(rotatingKey(options));
  const far = waysTo(options, identities, ways);
  const { storePart, store, registryPart, registry, authPart, auth } = await blocksOf(options, far);
  const dependsOn = ["control", "store", "registry"];
  const { part: runtimePart, runtime } = far.runtime
    ? createFarRuntime(far.runtime)
    : createRuntimePart({
        profile,
        state,
        registry,
        store,
        auth,
        groups,
        begin,
        dependsOn: [...dependsOn, "auth"],
        log,
        isPatient: [far.store, far.registry, far.auth].some((part) => part !== undefined),
      });
  const held = { registry, runtime, store, auth };
  const { namespacesPart, namespaces, cache } = namespacesOf(options, { far, ways, held });
  const known = inKnownNamespaces(held, cache);
  const { servedBy, auditedSince, checkProgram, ...guard } = guardOf(auth, cache);
  const { gateway, proxy, ports } = edgesOf(options, { far, registry, auth, namespaces: cache });
  const underAuth = farUnderAuth(far);
  const near = [storePart, registryPart, ...(underAuth.length > 0 ? [] : [authPart])];
  const edges = [gateway.part, proxy.part, ports];
  const urls = { gateway: () => gateway.url, proxy: () => proxy.url };
  const startedAt = new Date();
  const platform = platformService({ ...options, startedAt, store, auth, far, ...urls });
  const changed: NamespaceChanged = async (...given) => {
    const { namespaceAudit } = await import("./namespace-audit.ts");
    await namespaceAudit(auth, log)(...given);
  };
  const controlPart = createControlPart({
    address: state.control,
    services: [
      authService(auth, { isGuarded: true, servedBy, auditedSince }),
      namespacesService(namespaces, { access: guard.namespaces, changed }),
      registryService(registry, { access: guard.registry }),
      runtimeService(known.runtime, { checkProgram }),
      platform,
      storeService(known.store, { isRemote: far.store !== undefined }),
    ],
    registry,
    isRegistryFar: far.registry !== undefined,
    store,
    parts: identities,
    checkNamespace: (name) => void neededNamespace(name, cache),
    auth,
    isAuthFar: underAuth.length > 0,
    whyAway: () => underAuth.find(({ isThere }) => !isThere)?.absence,
    // It opens without those that are elsewhere: calls say what is missing.
    dependsOn: near.filter((part) => !part.far).map(({ name }) => name),
    log,
  });
  return {
    all: [storePart, registryPart, authPart, namespacesPart, controlPart, runtimePart, ...edges],
    groups,
    ...urls,
    [Symbol.asyncDispose]: () => ways.disposeAsync(),
  };
}

/** That by which parts in processes of their own are known here. */
function rotatingKey({ state, keyPeriodMs: periodMs = partsKeyPeriodMs, log }: PartsOptions) {
  return openKeySchedule({
    keys: "the key of its parts",
    rotate: () => rotatePartsKey(state, { nowMs: systemClock.wallMs(), periodMs }),
    clock: systemClock,
    log,
  });
}

type EdgeNeeds = Pick<GatewayPartOptions, "registry" | "auth" | "namespaces"> & {
  readonly far: Far;
};

/** The entrances, each with the control socket as its way to the blocks. */
function edgesOf(options: PartsOptions, { far, ...needs }: EdgeNeeds) {
  const { state, listening, port, proxyPort, origins, log } = options;
  const dependsOn = ["control", "registry"];
  const edge = { ...needs, control: state.control, dependsOn, log };
  const gateway = far.gateway
    ? createFarGateway(far.gateway)
    : createGatewayPart({ ...edge, listening, port, origins });
  const proxy = far.proxy
    ? createFarProxy(far.proxy)
    : createProxyPart({ ...edge, listening, port: proxyPort, origins });
  const ports = far.ports ? far.ports.child() : createPortsPart(edge);
  return { gateway, proxy, ports };
}

interface NamespacesNeeds {
  readonly far: Far;
  readonly ways: AsyncDisposableStack;
  readonly held: HeldBlocks;
}

/** The namespaces, and what this process knows of them. */
function namespacesOf({ profile, log }: PartsOptions, { far, ways, held }: NamespacesNeeds) {
  const cache = new NamespaceCache();
  const isPatient = far.store !== undefined;
  const { part: namespacesPart, namespaces } = far.namespaces
    ? createFarNamespaces(far.namespaces)
    : createNamespacesPart({ ...held, profile, cache, isPatient, dependsOn: ["store"], log });
  if (far.namespaces) ways.use(cache.follow(namespaces));
  // Who has made a namespace uses it at once, so this platform has to know it by then.
  async function create(...given: Parameters<Namespaces["create"]>) {
    const made = await namespaces.create(...given);
    await cache.heard(made.name);
    return made;
  }
  return { namespacesPart, namespaces: { ...namespaces, create }, cache };
}

/** Those parts that have a process of their own. */
type Far = { readonly [name in PartName]?: FarPart };

function guardOf(auth: Auth, cache: NamespaceCache): NamespaceGuard {
  return createNamespaceGuard({
    cache,
    isGuarded: true,
    hasAccount: async (namespace, id) => (await auth.realm(namespace).account(id)) !== undefined,
    homeRules: () => auth.realm(homeNamespace).rules(),
  });
}

/** Auth that waits for one of these may wait for what it gets through the control socket. */
function farUnderAuth({ store, auth }: Far): readonly FarPart[] {
  return [store, auth].filter((part) => part !== undefined);
}

function waysTo(
  { profile, state, log }: PartsOptions,
  identities: PartIdentities,
  ways: AsyncDisposableStack,
): Far {
  const credentials = identities.credentials("platform");
  const far: { [name in PartName]?: FarPart } = {};
  for (const name of partNames) {
    if (profile[name].place === "platform") continue;
    const command = serviceCommand(name, state);
    const address = state.part(name);
    const way = { name, address, command, needed: needed.has(name), credentials, log };
    far[name] = ways.use(new FarPart(way));
  }
  return far;
}

/** The blocks that others stand on. */
async function blocksOf(options: PartsOptions, far: Far) {
  const { profile, state, backend, keyPeriodMs, log } = options;
  const dependsOn = ["store"];
  const { part: storePart, store } = far.store
    ? createFarStore(far.store)
    : createStorePart({ profile, path: state.store, backend });
  const { part: registryPart, registry } = far.registry
    ? createFarRegistry(far.registry)
    : await createRegistryPart(profile);
  const isPatient = far.store !== undefined;
  const { part: authPart, auth } = far.auth
    ? createFarAuth(far.auth)
    : createAuthPart({ profile, state, store, keyPeriodMs, dependsOn, isPatient, log });
  return { storePart, store, registryPart, registry, authPart, auth };
}
