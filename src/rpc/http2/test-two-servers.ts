/** For tests: Node's HTTP/2 and ours, which answer the same. */
import { once } from "node:events";
import { createServer as createNodeServer, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer, type Server } from "node:net";

import { systemClock } from "../../core/clock.ts";
import { createLogger } from "../../core/log.ts";
import type { Exchange } from "../grpc/exchange.ts";
import { grpcLimits } from "../grpc/limits.ts";
import { Http2Server } from "./http2-server.ts";

export interface TwoServers extends Disposable {
  readonly ours: number;
  readonly nodes: number;
}

/** Their ports. Each answers a request that is whole, and takes `streams` at once. */
export async function openTwoServers(streams: number): Promise<TwoServers> {
  const nodes = openNodeServer(streams);
  const http2 = new Http2Server({
    limits: { ...grpcLimits, streams },
    clock: systemClock,
    log: createLogger({ write: () => {} }),
    serve: answerWhole,
  });
  const ours = createServer((socket) => http2.welcome(socket));
  return {
    ours: await listening(ours),
    nodes: await listening(nodes),
    [Symbol.dispose]() {
      http2.close();
      ours.close();
      nodes.close();
    },
  };
}

const body = Buffer.from("hello");

function answerWhole(exchange: Exchange): void {
  exchange.listen({
    onData: () => {},
    onEnd: () => exchange.answer({ ":status": 200 }, body),
    onGone: () => {},
  });
}

function openNodeServer(streams: number): Server {
  const { headerBytes } = grpcLimits;
  const server = createNodeServer({
    settings: {
      maxConcurrentStreams: streams,
      maxHeaderListSize: headerBytes,
      enablePush: false,
    },
  });
  server.on("session", (session) => session.on("error", () => {}));
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => {});
    stream.resume().on("end", () => {
      if (stream.destroyed || stream.closed) return;
      stream.respond({ ":status": 200 });
      stream.end(body);
    });
  });
  return server;
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  // It listens on TCP.
  return (server.address() as AddressInfo).port;
}
