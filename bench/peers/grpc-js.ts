/** gRPC as `@grpc/grpc-js` does it, set up as its own quick start does: proto-loader, one channel, no credentials. */
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  credentials,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import {
  hello,
  type Job,
  order,
  type PeerClient,
  readTicks,
  tickAt,
  ticksPerCall,
  unaryClient,
} from "../work.ts";

export async function serve() {
  const server = new Server();
  server.addService(loadGreeter().service, {
    hello: (call, reply) => hello(call.request).then((output) => reply(null, output), reply),
    order: (call, reply) => order(call.request).then((output) => reply(null, output), reply),
    count: (call) => pushTicks(call),
  });
  const bind = promisify(server.bindAsync).bind(server);
  const port = await bind("127.0.0.1:0", ServerCredentials.createInsecure());
  return { address: `127.0.0.1:${port}` };
}

export async function open(address: string, job: Job): Promise<PeerClient> {
  const Greeter = loadGreeter();
  const client = new Greeter(address, credentials.createInsecure());
  if (job.method === "count") return { call: () => readTicks(client.count({ to: ticksPerCall })) };
  return unaryClient(job, {
    hello: promisify(client.hello).bind(client),
    order: promisify(client.order).bind(client),
  });
}

async function pushTicks(call) {
  for (let n = 1; n <= call.request.to; n++) {
    if (!call.write(tickAt(n))) await new Promise((resolve) => call.once("drain", resolve));
  }
  call.end();
}

function loadGreeter(): ServiceClientConstructor {
  const path = fileURLToPath(new URL("greeter.proto", import.meta.url));
  const loaded = loadPackageDefinition(loadSync(path, { keepCase: true, defaults: true }));
  return loaded.bench.Greeter;
}
