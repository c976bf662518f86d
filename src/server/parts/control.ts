/** The control socket as a part: the blocks of the platform, for the services and commands of this machine. */
import type { Auth } from "../../blocks/auth/index.ts";
import { type Node, platformNamespace, type Registry } from "../../blocks/registry/index.ts";
import type { Store } from "../../blocks/store/index.ts";
import { systemClock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { createLogger, type Logger } from "../../core/log.ts";
import {
  keepRegistration,
  openRegistration,
  type RegistrationOptions,
} from "../../framework/registration.ts";
import { openRpcServer, type RpcServer } from "../../rpc/server.ts";
import type { Service } from "../../rpc/service.ts";
import { callersOfPlatform, type PartIdentities } from "../identity/parts.ts";
import { openBlockDoorkeeper } from "./block-doorkeeper.ts";
import { auditOf } from "./open-doorkeeper.ts";
import { createPart, type Part } from "./part.ts";

export interface ControlPartOptions {
  /** Where to listen. */
  readonly address: string;
  readonly services: readonly Service[];
  readonly parts: PartIdentities;
  readonly checkNamespace: (namespace: string) => void;
  /** Says who is who. */
  readonly auth: Auth;
  /** It is not waited for: it may need what is behind this door. */
  readonly isAuthFar: boolean;
  /** What is the matter while it is not there. */
  readonly whyAway: () => string | undefined;
  /** Lists them like any other service. */
  readonly registry: Registry;
  /** They are listed when the registry can be reached, and nothing waits for it. */
  readonly isRegistryFar: boolean;
  /** For those of the services that keep something. */
  readonly store: Store;
  /** Names of parts: opened after these. */
  readonly dependsOn: readonly string[];
  readonly log: Logger;
}

export function createControlPart(options: ControlPartOptions): Part {
  async function open(): Promise<AsyncDisposable> {
    await using stack = new AsyncDisposableStack();
    const { addresses } = stack.adopt(await serveBlocks(options, stack), stopServing);
    for (const service of options.services) {
      const registration = registrationOf(service, addresses, options);
      stack.use(
        options.isRegistryFar
          ? keepRegistration(registration)
          : await openRegistration(registration),
      );
    }
    return stack.move();
  }
  return createPart({ name: "control", dependsOn: options.dependsOn, open });
}

/** Calls are answered in far less. What watches or holds something stays until it is told to go: not waited for. */
const drainMs = 300;

/** The end of a socket of blocks. */
export async function stopServing(server: RpcServer): Promise<void> {
  await server.stop({ timeoutMs: drainMs });
}

async function serveBlocks(options: ControlPartOptions, stack: AsyncDisposableStack) {
  const { address, services, store, log, isAuthFar, checkNamespace } = options;
  const blocks = services.map(({ contract }) => contract.name);
  const audit = auditOf(options.auth, "blocks");
  const asked = { ...options, insiders: callersOfPlatform, blocks, audit };
  const doorkeeper = await openBlockDoorkeeper(asked, stack, { isAuthFar });
  return await openRpcServer({
    services,
    doorkeeper,
    resourceType: "block",
    checkNamespace,
    listen: [address],
    namespace: platformNamespace,
    namespaces: "any",
    context: () => ({ client: needsNobody, store: store.database(platformNamespace), log }),
    log,
  });
}

function registrationOf(
  { contract }: Service,
  addresses: readonly string[],
  { registry }: ControlPartOptions,
): RegistrationOptions {
  const node: Node = {
    id: `${contract.name}-${process.pid}`,
    namespace: platformNamespace,
    service: contract.name,
    version: contract.version,
    state: "ready",
    addresses,
    contractDigest: contract.digest,
    metadata: { pid: String(process.pid) },
  };
  // That the registry is gone is said by its own part, once and not for each of these.
  const log = createLogger({ write: () => {} });
  return { registry, node, contract: contract.descriptor, clock: systemClock, log };
}

/** Blocks on a socket call nobody through their context. */
export function needsNobody(): never {
  throw new ReefError("internal", "The blocks call nobody");
}
