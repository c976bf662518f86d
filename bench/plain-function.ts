/** No framework at all: what the work, the checks and the loop cost by themselves. */
import { hello, type Job, order, type PeerClient, unaryClient } from "./work.ts";

export async function open(_address: string, job: Job): Promise<PeerClient> {
  return unaryClient(job, { hello, order });
}
