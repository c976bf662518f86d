/** The proxy as a part: the entrance for gRPC, with clients that find services in the registry. */
import { systemClock } from "../../core/clock.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import type { Proxy } from "../../edges/proxy/proxy.ts";
import { createClient } from "../../rpc/client.ts";
import { ConnectionPool } from "../../rpc/connection-pool.ts";
import { openNodeCache } from "../../rpc/node-cache.ts";
import { openTransport } from "../../rpc/open-transport.ts";
import { Passes } from "../../rpc/passes.ts";
import { RegistryRoute } from "../../rpc/registry-route.ts";
import { ownerNamed } from "../port-owner.ts";
import type { FarPart } from "./far-part.ts";
import type { GatewayPart, GatewayPartOptions } from "./gateway.ts";
import { openBlockDoors } from "./open-block-doors.ts";
import { edgeAuth, openDoorkeeper } from "./open-doorkeeper.ts";
import { createPart, Slot } from "./part.ts";

/** The proxy in this process. */
export function createProxyPart(options: GatewayPartOptions): GatewayPart {
  const slot = new Slot<Proxy>("the proxy");
  const part = createPart({
    name: "proxy",
    dependsOn: options.dependsOn,
    async open() {
      await using stack = new AsyncDisposableStack();
      stack.use(slot.hold(await openEntrance(options, stack)));
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

/** The proxy in another process, which says itself where it answers. */
export function createFarProxy(far: FarPart): GatewayPart {
  return { part: far.child(), url: undefined };
}

async function openEntrance(
  { registry, auth, control, namespaces, listening, port, origins, log }: GatewayPartOptions,
  stack: AsyncDisposableStack,
): Promise<Proxy> {
  const { openProxy } = await import("../../edges/proxy/proxy.ts");
  const pool = stack.use(
    new ConnectionPool((address, signal) => openTransport(address, { signal })),
  );
  const cache = stack.use(openNodeCache({ registry }));
  const passes = stack.use(new Passes({ auth: edgeAuth(auth) }));
  const route = new RegistryRoute({ cache, pool, passes });
  const doorkeeper = await openDoorkeeper(
    auth,
    { name: "proxy", listening, log: log.with({ edge: "proxy" }) },
    stack,
  );
  const deadlines = new DeadlineSweep();
  const proxy = await openProxy({
    registry,
    doorkeeper,
    namespaces,
    blocks: openBlockDoors({ control, passes }, stack),
    connect: (contract, { namespace }) => createClient(contract, { route, deadlines, namespace }),
    listen: { host: listening.host, port },
    certificate: listening.certificate,
    origins,
    log: log.with({ edge: "proxy" }),
    clock: systemClock,
  }).catch((error: unknown) => ownerNamed(error, { port, flag: "--proxy-port" }));
  return stack.use(proxy);
}
