/** reef over TCP, with its defaults: validation, a deadline, a trace and its own context for every call. */
import { createLogger } from "../src/core/log.ts";
import { client, serve as serveReef } from "../src/index.ts";
import { Greeter, greeter, NumberedGreeter, numberedGreeter } from "./reef-greeter.ts";
import {
  headers,
  type Job,
  type PeerClient,
  readTicks,
  ticksPerCall,
  unaryClient,
} from "./work.ts";

export async function serve({ variant }: Job): Promise<{ readonly address: string }> {
  const running = await serveReef(variant === "protobuf" ? numberedGreeter : greeter, {
    platform: false,
    listen: ["tcp://127.0.0.1:0"],
    log: createLogger({ level: "warn" }),
  });
  return { address: running.addresses[0]! };
}

export async function open(address: string, job: Job): Promise<PeerClient> {
  const calls = client(job.variant === "protobuf" ? NumberedGreeter : Greeter, { address });
  if (job.method === "count") return { call: () => readTicks(calls.count({ to: ticksPerCall })) };
  if (job.variant !== "metadata") return unaryClient(job, calls);
  const options = { metadata: headers };
  return unaryClient(job, {
    hello: (input) => calls.hello(input, options),
    order: (input) => calls.order(input, options),
  });
}
