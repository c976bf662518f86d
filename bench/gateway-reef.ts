/**
 * reef's gateway before a service in another process: routing, guards, limits and request ids on, as they always are.
 */
import { createMemoryRegistry } from "../src/blocks/registry/drivers/memory.ts";
import { DeadlineSweep } from "../src/core/deadline.ts";
import { createLogger } from "../src/core/log.ts";
import { openGateway } from "../src/edges/gateway/gateway.ts";
import { createClient } from "../src/rpc/client.ts";
import { openConnection } from "../src/rpc/wire/connect.ts";
import { openServer } from "./child.ts";
import { HttpCaller } from "./http-caller.ts";
import { peerModules } from "./peer-modules.ts";
import { Greeter } from "./reef-greeter.ts";
import { type Job, type PeerClient, unaryClient, type Work } from "./work.ts";

export async function serve(job: Job): Promise<{ readonly address: string }> {
  const { address } = await openServer(peerModules.reef, job);
  const registry = createMemoryRegistry();
  const { name: service, version, digest: contractDigest, descriptor } = Greeter;
  const place = { id: "greeter-1", namespace: "default", state: "ready", metadata: {} } as const;
  const node = { ...place, service, version, contractDigest, addresses: [address] };
  await registry.register(node, { contract: descriptor });
  const route = await openConnection(address);
  const deadlines = new DeadlineSweep();
  const gateway = await openGateway({
    registry,
    connect: (contract, { namespace }) => createClient(contract, { route, deadlines, namespace }),
    listen: { port: 0 },
    log: createLogger({ level: "warn", write: (line) => process.stderr.write(`${line}\n`) }),
  });
  return { address: gateway.url };
}

export async function open(address: string, job: Job): Promise<PeerClient> {
  const caller = new HttpCaller(address);
  return unaryClient(job, {
    // Checked by the client of the work.
    hello: (input) => caller.post("/greeter/hello", input) as Promise<Work["hello"]["output"]>,
    order: (input) => caller.post("/greeter/order", input) as Promise<Work["order"]["output"]>,
  });
}
