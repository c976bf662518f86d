/** The gateway as a part: the front door, with clients that find services in the registry. */
import type { Auth } from "../../blocks/auth/index.ts";
import type { Registry } from "../../blocks/registry/index.ts";
import { systemClock } from "../../core/clock.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import type { Logger } from "../../core/log.ts";
import type { Gateway } from "../../edges/gateway/gateway.ts";
import { createClient } from "../../rpc/client.ts";
import { ConnectionPool } from "../../rpc/connection-pool.ts";
import type { NamespaceCache } from "../../rpc/namespace-cache.ts";
import { openNodeCache } from "../../rpc/node-cache.ts";
import { Passes } from "../../rpc/passes.ts";
import { RegistryRoute } from "../../rpc/registry-route.ts";
import { openTransport } from "../../rpc/open-transport.ts";
import { ownerNamed } from "../port-owner.ts";
import { reefVersion } from "../version.ts";
import type { Listening } from "../tls/listening.ts";
import type { FarPart } from "./far-part.ts";
import { openBlockDoors } from "./open-block-doors.ts";
import { edgeAuth, openDoorkeeper } from "./open-doorkeeper.ts";
import { createPart, type Part, Slot } from "./part.ts";

export interface GatewayPartOptions {
  readonly registry: Registry;
  readonly auth: Pick<Auth, "watch" | "exchange" | "realm">;
  /** Address of the control socket, by which blocks are called. */
  readonly control: string;
  readonly namespaces: NamespaceCache;
  readonly listening: Listening;
  readonly port: number;
  /** Sites whose pages may call. */
  readonly origins: readonly string[];
  /** Names of parts: opened after these. */
  readonly dependsOn: readonly string[];
  readonly log: Logger;
}

export interface GatewayPart {
  readonly part: Part;
  /** Where HTTP is answered, while it is. */
  readonly url: string | undefined;
}

/** The gateway in this process. */
export function createGatewayPart(options: GatewayPartOptions): GatewayPart {
  const slot = new Slot<Gateway>("the gateway");
  const part = createPart({
    name: "gateway",
    dependsOn: options.dependsOn,
    async open() {
      await using stack = new AsyncDisposableStack();
      const gateway = await openDoor(options, stack);
      stack.use(slot.hold(gateway));
      return stack.move();
    },
  });
  return {
    part,
    get url() {
      return slot.held?.url;
    },
  };
}

/** The gateway in another process, which says itself where it answers. */
export function createFarGateway(far: FarPart): GatewayPart {
  return { part: far.child(), url: undefined };
}

async function openDoor(
  { registry, auth, control, namespaces, listening, port, origins, log }: GatewayPartOptions,
  stack: AsyncDisposableStack,
): Promise<Gateway> {
  const { openGateway } = await import("../../edges/gateway/gateway.ts");
  const pool = stack.use(
    new ConnectionPool((address, signal) => openTransport(address, { signal })),
  );
  const cache = stack.use(openNodeCache({ registry }));
  const passes = stack.use(new Passes({ auth: edgeAuth(auth) }));
  const route = new RegistryRoute({ cache, pool, passes });
  const doorkeeper = await openDoorkeeper(
    auth,
    { name: "gateway", listening, log: log.with({ edge: "gateway" }) },
    stack,
  );
  const deadlines = new DeadlineSweep();
  const gateway = await openGateway({
    registry,
    async openForwarder() {
      const { Forwarder } = await import("../../rpc/http/forward/forwarder.ts");
      return new Forwarder({ cache });
    },
    doorkeeper,
    namespaces,
    blocks: openBlockDoors({ control, passes }, stack),
    connect: (contract, { namespace }) => createClient(contract, { route, deadlines, namespace }),
    listen: { host: listening.host, port },
    certificate: listening.certificate,
    origins,
    version: reefVersion,
    log: log.with({ edge: "gateway" }),
    clock: systemClock,
  }).catch((error: unknown) => ownerNamed(error, { port, flag: "--port" }));
  return stack.use(gateway);
}
