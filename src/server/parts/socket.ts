/** The socket of a part that has a process of its own: its block, and what it says about itself. */
import { platformNamespace } from "../../blocks/registry/index.ts";
import type { Logger } from "../../core/log.ts";
import { createNoStore } from "../../framework/no-store.ts";
import { openRpcServer } from "../../rpc/server.ts";
import { type Service, service } from "../../rpc/service.ts";
import { PartContract } from "../part-contract.ts";
import { reefVersion } from "../version.ts";
import { callersOfParts, type PartIdentities } from "../identity/parts.ts";
import { openBlockDoorkeeper } from "./block-doorkeeper.ts";
import { needsNobody, stopServing } from "./control.ts";
import { createPart, type Part } from "./part.ts";

export interface SocketPartOptions {
  /** Where to listen. */
  readonly address: string;
  readonly services: readonly Service[];
  /** Only the platform comes here. */
  readonly parts: PartIdentities;
  readonly status: () => {
    readonly name: string;
    readonly startedAt: Date;
    readonly url: string | undefined;
  };
  /** Names of parts: opened after these. */
  readonly dependsOn: readonly string[];
  readonly log: Logger;
}

export function createSocketPart(options: SocketPartOptions): Part {
  const { address, services, parts, status, dependsOn, log } = options;
  const own = service(PartContract, {
    status: () => ({ ...status(), version: reefVersion, pid: process.pid }),
  });
  const store = createNoStore("ask the platform for its own");
  async function open(): Promise<AsyncDisposable> {
    await using stack = new AsyncDisposableStack();
    const served = [...services, own];
    const blocks = served.map(({ contract }) => contract.name);
    const asked = { parts, insiders: callersOfParts, blocks, log };
    const doorkeeper = await openBlockDoorkeeper(asked, stack);
    const server = await openRpcServer({
      services: served,
      doorkeeper,
      resourceType: "block",
      listen: [address],
      namespace: platformNamespace,
      namespaces: "any",
      context: () => ({ client: needsNobody, store, log }),
      log,
    });
    stack.adopt(server, stopServing);
    return stack.move();
  }
  return createPart({ name: "socket", dependsOn, open });
}
