/** reef over TCP, with its defaults: validation, a deadline, a trace and its own context for every call. */
import { DeadlineSweep } from "../src/core/deadline.ts";
import { createAddressRoute } from "../src/rpc/address-route.ts";
import { createClient } from "../src/rpc/client.ts";
import { ConnectionPool } from "../src/rpc/connection-pool.ts";
import { openConnection } from "../src/rpc/wire/connect.ts";
import { Greeter, serveGreeter } from "./reef-greeter.ts";
import {
  headers,
  type Job,
  type PeerClient,
  readTicks,
  ticksPerCall,
  unaryClient,
} from "./work.ts";

export async function serve(): Promise<{ readonly address: string }> {
  const server = await serveGreeter(["tcp://127.0.0.1:0"]);
  return { address: server.addresses[0]! };
}

export async function open(address: string, job: Job): Promise<PeerClient> {
  const pool = new ConnectionPool((to, signal) => openConnection(to, { signal }));
  await pool.open(address);
  const route = createAddressRoute(address, pool);
  const client = createClient(Greeter, { route, deadlines: new DeadlineSweep() });
  if (job.method === "count") return { call: () => readTicks(client.count({ to: ticksPerCall })) };
  if (job.variant === "metadata") {
    const options = { metadata: headers };
    return unaryClient(job, {
      hello: (input) => client.hello(input, options),
      order: (input) => client.order(input, options),
    });
  }
  return unaryClient(job, client);
}
