/**
 * The least that a server of gRPC can be on `node:http2`: the same answer whatever it is asked, and nothing read,
 * matched, limited or cancelled. No entrance that stands on this module can be faster: ours does not any more.
 */
import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { envelope } from "../src/rpc/grpc/grpc-frames.ts";

/** `{ msg: "Hello Ann" }` in protobuf. */
const answer = envelope(0, Uint8Array.from([0x0a, 9, ...Buffer.from("Hello Ann")]));

// Node would look at its clock for each answer.
const trailersFollow = { sendDate: false, waitForTrailers: true };

const head = { ":status": 200, "content-type": "application/grpc+proto" };

export async function serve(): Promise<{ readonly address: string }> {
  const server = createServer();
  server.on("stream", (stream) => {
    // That of a server is a server's, which its types do not say.
    stream.on("end", () => reply(stream as ServerHttp2Stream));
    stream.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server that listens has a port.
  return { address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function reply(stream: ServerHttp2Stream): void {
  stream.respond(head, trailersFollow);
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(answer);
}
