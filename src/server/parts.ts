/** The parts of a platform, joined: what each is given of the others. */
import { registryService } from "../blocks/registry/service.ts";
import { runtimeService } from "../blocks/runtime/service.ts";
import { storeService } from "../blocks/store/service.ts";
import type { Logger } from "../core/log.ts";
import type { StateFolder } from "../framework/state-folder.ts";
import type { ChildState } from "../supervisor/events.ts";
import { ProcessGroups } from "../supervisor/process-groups.ts";
import { openRegistry } from "./drivers.ts";
import { createControlPart } from "./parts/control.ts";
import { createGatewayPart } from "./parts/gateway.ts";
import type { Part } from "./parts/part.ts";
import { createRuntimePart } from "./parts/runtime.ts";
import { createStorePart } from "./parts/store.ts";
import { platformService } from "./platform-service.ts";
import type { Profile } from "./profile.ts";

export interface PartsOptions {
  readonly state: StateFolder;
  readonly host: string;
  readonly port: number;
  readonly profile: Profile;
  readonly log: Logger;
  /** The children of the supervisor, for the platform's own status. */
  readonly list: () => Promise<readonly ChildState[]>;
}

export interface Parts {
  readonly all: readonly Part[];
  /** Whatever the runtime has started. */
  readonly groups: ProcessGroups;
  /** Where HTTP is answered, while it is. */
  gateway(): string | undefined;
}

export async function createParts(options: PartsOptions): Promise<Parts> {
  const { state, host, port, profile, log, list } = options;
  const groups = new ProcessGroups();
  const registry = await openRegistry(profile);
  const storePart = createStorePart({ profile, path: state.store });
  const { store } = storePart;
  const runtimePart = createRuntimePart({ profile, state, registry, groups, log });
  const gatewayPart = createGatewayPart({ registry, host, port, log });
  const platform = platformService({
    state,
    profile,
    list,
    startedAt: new Date(),
    store,
    gateway: () => gatewayPart.url,
  });
  const services = [
    registryService(registry),
    runtimeService(runtimePart.runtime),
    platform,
    storeService(store),
  ];
  const controlPart = createControlPart({
    address: state.control,
    services,
    registry,
    store,
    log,
  });
  return {
    all: [storePart, controlPart, runtimePart, gatewayPart],
    groups,
    gateway: () => gatewayPart.url,
  };
}
