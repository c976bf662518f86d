/** The public ports of programs that do not know reef, as a part. */
import type { Auth } from "../../blocks/auth/index.ts";
import type { Registry } from "../../blocks/registry/index.ts";
import type { Logger } from "../../core/log.ts";
import { openNodeCache } from "../../rpc/node-cache.ts";
import { openDoorkeeper } from "./open-doorkeeper.ts";
import { createPart, type Part } from "./part.ts";

export interface PortsPartOptions {
  readonly registry: Registry;
  readonly auth: Pick<Auth, "watch" | "realm">;
  readonly dependsOn: readonly string[];
  readonly log: Logger;
}

export function createPortsPart({ registry, auth, dependsOn, log }: PortsPartOptions): Part {
  return createPart({
    name: "ports",
    dependsOn,
    async open() {
      const { openPorts } = await import("../../edges/ports/ports.ts");
      await using stack = new AsyncDisposableStack();
      const cache = stack.use(openNodeCache({ registry }));
      // Of its own: the first port comes when the stack has moved.
      const later = stack.use(new AsyncDisposableStack());
      // Ports are opened on loopback alone.
      const listening = { reach: "this machine" } as const;
      const logged = { log: log.with({ edge: "ports" }) };
      const openDoor = () => openDoorkeeper(auth, { name: "ports", listening, ...logged }, later);
      stack.use(openPorts({ registry, cache, openDoorkeeper: openDoor, ...logged }));
      return stack.move();
    },
  });
}
