/** The socket of a part that has a process of its own: its block, and what it says about itself. */
import { platformNamespace } from "../../blocks/registry/index.ts";
import type { Logger } from "../../core/log.ts";
import { createNoStore } from "../../framework/no-store.ts";
import { openRpcServer } from "../../rpc/server.ts";
import { type Service, service } from "../../rpc/service.ts";
import { PartContract } from "../part-contract.ts";
import { reefVersion } from "../version.ts";
import { needsNobody, stopServing } from "./control.ts";
import { createPart, type Part } from "./part.ts";

export interface SocketPartOptions {
  /** Where to listen. */
  readonly address: string;
  readonly services: readonly Service[];
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
  const { address, services, status, dependsOn, log } = options;
  const own = service(PartContract, {
    status: () => ({ ...status(), version: reefVersion, pid: process.pid }),
  });
  const store = createNoStore("ask the platform for its own");
  async function open(): Promise<AsyncDisposable> {
    const server = await openRpcServer({
      services: [...services, own],
      listen: [address],
      namespace: platformNamespace,
      namespaces: "any",
      context: () => ({ client: needsNobody, store, log }),
      log,
    });
    return { [Symbol.asyncDispose]: () => stopServing(server) };
  }
  return createPart({ name: "socket", dependsOn, open });
}
