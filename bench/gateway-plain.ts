/**
 * The least that a gateway can be: `node:http` that forwards to the same service with the same client of reef, without
 * routes, checks or limits.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { rawContract } from "../src/contract/raw-contract.ts";
import { DeadlineSweep } from "../src/core/deadline.ts";
import type { RawCall } from "../src/edges/gateway/upstream.ts";
import { createClient } from "../src/rpc/client.ts";
import { openConnection } from "../src/rpc/wire/connect.ts";
import { openServer } from "./child.ts";
import { peerModules } from "./peer-modules.ts";
import { Greeter } from "./reef-greeter.ts";
import type { Job } from "./work.ts";

export { open } from "./gateway-reef.ts";

export async function serve(job: Job): Promise<{ readonly address: string }> {
  const { address } = await openServer(peerModules.reef, job);
  const route = await openConnection(address);
  const contract = rawContract(Greeter.descriptor);
  const client = createClient(contract, { route, deadlines: new DeadlineSweep() });
  // The messages of a raw contract are bytes.
  const hello = client["hello"] as unknown as RawCall;
  const server = createServer((request, response) => void forward(request, response, hello));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server that listens has a port.
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function forward(request: IncomingMessage, response: ServerResponse, hello: RawCall): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", async () => {
    try {
      // A unary method answers with a promise of bytes.
      const answer = (await hello(Buffer.concat(chunks), {})) as Buffer;
      const headers = { "content-type": "application/json", "content-length": answer.length };
      response.writeHead(200, headers).end(answer);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
}
