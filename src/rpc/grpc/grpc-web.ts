/**
 * gRPC-Web: gRPC for callers that cannot read trailers, which come as the last envelope of the body instead.
 * Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
 */
import type { Dialect, Ending } from "./dialect.ts";
import { grpcTimeoutMs, trailersOf } from "./grpc-dialect.ts";
import { envelope, envelopeFlag } from "./grpc-frames.ts";

export const grpcWeb: Dialect = {
  enveloped: true,
  encodingHeader: "grpc-encoding",
  acceptHeader: "grpc-accept-encoding",
  timeoutMs: grpcTimeoutMs,

  end(ending) {
    const { exchange, begun, last } = ending;
    // First: what cannot be sent must be known before the head has left.
    const trailers = trailerEnvelope(ending);
    if (!begun) exchange.begin(ending.head.headers());
    exchange.end(last ? Buffer.concat([last, trailers]) : trailers);
  },
};

/** The trailers as lines of HTTP/1.1, in an envelope of their own. */
export function trailerEnvelope(ending: Ending): Uint8Array {
  const lines = Object.entries(trailersOf(ending)).map(([name, value]) => `${name}: ${value}\r\n`);
  return envelope(envelopeFlag.trailers, Buffer.from(lines.join("")));
}
