/** Puts what a program serves on the list of its platform: a node for each service, all at the same addresses. */
import { randomBytes } from "node:crypto";

import type { Node } from "../blocks/registry/index.ts";
import { isReservedName } from "../contract/reserved-names.ts";
import { systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Service } from "../rpc/service.ts";
import type { Environment } from "./environment.ts";
import type { Platform } from "./platform.ts";
import { openRegistration, type Registration } from "./registration.ts";

export interface ListNodesOptions {
  readonly services: readonly Service[];
  readonly addresses: readonly string[];
  readonly platform: Platform;
  readonly env: Environment;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lists them as `starting`.
 * @throws {ReefError} `invalid_argument` for a name of the platform's own, and whatever the registry says of one of
 *   them; then none is listed
 */
export async function listNodes(options: ListNodesOptions): Promise<Registration> {
  const { services, platform, log, signal } = options;
  const { registry } = platform;
  for (const { contract } of services) if (isReservedName(contract.name)) throw reserved(contract);
  await using stack = new AsyncDisposableStack();
  const registrations: Registration[] = [];
  for (const service of services) {
    const { descriptor: contract } = service.contract;
    const node = nodeOf(service, options);
    const registration = { registry, node, contract, clock: systemClock, log, signal };
    registrations.push(stack.use(await openRegistration(registration)));
  }
  const owned = stack.move();
  return {
    async ready() {
      await Promise.all(registrations.map((registration) => registration.ready()));
    },
    async drain() {
      await Promise.all(registrations.map((registration) => registration.drain()));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function reserved({ name }: { readonly name: string }): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot serve "${name}" on a platform: that has a service of its own with this name; ` +
      `give the contract another one, such as "${name}-service"`,
  );
}

function nodeOf(
  { contract, options }: Service,
  { addresses, platform, env }: ListNodesOptions,
): Node {
  return {
    id: `${contract.name}-${randomBytes(8).toString("hex")}`,
    namespace: platform.namespace,
    service: contract.name,
    version: contract.version,
    state: "starting",
    addresses,
    contractDigest: contract.digest,
    metadata: {
      ...options.metadata,
      pid: String(process.pid),
      ...(env.instance !== undefined && { instance: env.instance }),
    },
  };
}
