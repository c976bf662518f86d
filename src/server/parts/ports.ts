/** The public ports of programs that do not know reef, as a part. */
import type { Registry } from "../../blocks/registry/index.ts";
import type { Logger } from "../../core/log.ts";
import { openNodeCache } from "../../rpc/node-cache.ts";
import { createPart, type Part } from "./part.ts";

export interface PortsPartOptions {
  readonly registry: Registry;
  readonly dependsOn: readonly string[];
  readonly log: Logger;
}

export function createPortsPart({ registry, dependsOn, log }: PortsPartOptions): Part {
  return createPart({
    name: "ports",
    dependsOn,
    async open() {
      const { openPorts } = await import("../../edges/ports/ports.ts");
      await using stack = new AsyncDisposableStack();
      const cache = stack.use(openNodeCache({ registry }));
      stack.use(openPorts({ registry, cache, log: log.with({ edge: "ports" }) }));
      return stack.move();
    },
  });
}
