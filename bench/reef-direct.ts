/** reef in one process: the same contract and checks, no socket and no text. */
import { client } from "../src/index.ts";
import { greeter } from "./reef-greeter.ts";
import { type Job, type PeerClient, unaryClient } from "./work.ts";

export async function open(_address: string, job: Job): Promise<PeerClient> {
  return unaryClient(job, client(greeter));
}
