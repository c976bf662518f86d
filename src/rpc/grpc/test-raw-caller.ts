/** For tests: a caller that writes HTTP/2 byte by byte, and the server that it annoys. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";

import { soon } from "../../testing/soon.ts";
import type { RpcServerOptions } from "../server.ts";
import { openTestServer, type TestServer } from "../wire/test-wire.ts";
import type { GrpcLimits } from "./limits.ts";
import { jsonEnvelope, openHttp2Caller } from "./test-caller.ts";

export const grpcJson = { "content-type": "application/grpc+json", te: "trailers" };
export const hello = "/probe.v1.Probe/Hello";
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
export const frameType = { headers: 1, settings: 4, ping: 6, continuation: 9 } as const;

/** A server, and the claim that it still answers others when the test is over. */
export async function openTarget(
  httpLimits: Partial<GrpcLimits> = {},
  options: Partial<RpcServerOptions> = {},
) {
  const server = await openTestServer({}, { httpLimits, ...options });
  const bystander = openHttp2Caller(server.address);
  async function ask(): Promise<void> {
    const answer = await bystander.post(hello, grpcJson, jsonEnvelope({ name: "Ann" }));
    assert.equal(answer.trailers["grpc-status"], "0");
  }
  // Whoever has not said yet what he speaks is let go when a test lets time pass.
  await ask();
  return {
    server,
    async [Symbol.asyncDispose]() {
      await ask();
      await bystander[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

export function openRaw({ address }: TestServer): Socket {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  // It is sent away in the middle of what it writes.
  socket.on("error", () => {});
  socket.resume();
  return socket;
}

export async function gone(socket: Socket): Promise<void> {
  // Not by `once`, which takes an error for a failure.
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  if (!socket.closed) await soon("the end of the connection", closed);
}

export const emptySettings = frame(frameType.settings, 0, 0, Buffer.alloc(0));
