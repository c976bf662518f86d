/** The control socket as a part: the blocks of the platform, for the services and commands of this machine. */
import { type Node, platformNamespace, type Registry } from "../../blocks/registry/index.ts";
import type { Store } from "../../blocks/store/index.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { openRpcServer } from "../../rpc/server.ts";
import type { Service } from "../../rpc/service.ts";
import type { Part } from "./part.ts";

export interface ControlPartOptions {
  /** Where to listen. */
  readonly address: string;
  readonly services: readonly Service[];
  /** Lists them like any other service. */
  readonly registry: Registry;
  /** For those of the services that keep something. */
  readonly store: Store;
  readonly log: Logger;
}

export function createControlPart(options: ControlPartOptions): Part {
  return {
    name: "control",
    dependsOn: ["store"],
    async open() {
      const { address, services, registry } = options;
      await using stack = new AsyncDisposableStack();
      const { addresses } = stack.use(await serveBlocks(options, address));
      for (const { contract } of services) {
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
        stack.use(await registry.register(node, { contract: contract.descriptor }));
      }
      return stack.move();
    },
  };
}

function serveBlocks({ services, store, log }: ControlPartOptions, address: string) {
  return openRpcServer({
    services,
    listen: [address],
    namespace: platformNamespace,
    namespaces: "any",
    context: () => ({ client: needsNobody, store: store.database(platformNamespace), log }),
    log,
  });
}

function needsNobody(): never {
  throw new ReefError("internal", "The blocks call nobody");
}
