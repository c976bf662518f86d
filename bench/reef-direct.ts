/** reef in one process: the same contract and checks, no socket and no text. */
import { DeadlineSweep } from "../src/core/deadline.ts";
import { createClient } from "../src/rpc/client.ts";
import { Greeter, serveGreeter } from "./reef-greeter.ts";
import { type Job, type PeerClient, unaryClient } from "./work.ts";

export async function open(_address: string, job: Job): Promise<PeerClient> {
  const server = await serveGreeter([]);
  const route = server.direct();
  return unaryClient(job, createClient(Greeter, { route, deadlines: new DeadlineSweep() }));
}
