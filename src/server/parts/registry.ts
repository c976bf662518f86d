/** The registry as a part: which services are there. */
import { randomUUID } from "node:crypto";
import { RegistryContract } from "../../blocks/registry/contract.ts";
import { platformNamespace, type Registry } from "../../blocks/registry/index.ts";
import { remoteRegistry } from "../../blocks/registry/remote.ts";
import { openRegistry } from "../drivers.ts";
import type { Profile } from "../profile.ts";
import type { FarPart } from "./far-part.ts";
import { createPart, type Part } from "./part.ts";
import { shownRegistry } from "./shown-registry.ts";

export interface RegistryPart {
  readonly part: Part;
  readonly registry: Registry;
}

/** The registry in this process. */
export async function createRegistryPart(profile: Profile): Promise<RegistryPart> {
  const registry = await openRegistry(profile);
  // It owns nothing: there is only its name to be shown.
  const part = createPart({ name: "registry", dependsOn: [], open: async () => nothing });
  return { part, registry };
}

/** The registry in another process, as this platform shows it. */
export function createFarRegistry(far: FarPart): RegistryPart {
  const remote = remoteRegistry(far.connect()(RegistryContract, platformNamespace));
  return { part: far.child(), registry: shownRegistry(remote, { instance: randomUUID() }) };
}

const nothing: AsyncDisposable = { async [Symbol.asyncDispose]() {} };
