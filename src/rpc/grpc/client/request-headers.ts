/** What a call says of itself over gRPC. */
import type { OutgoingHttpHeaders } from "node:http2";

import type { ClientCall } from "../../client-call.ts";
import { headersOfMetadata } from "../grpc-metadata.ts";
import { formatGrpcTimeout } from "../grpc-timeout.ts";

/** @throws {ReefError} `invalid_argument` for metadata that headers cannot carry */
export function requestHeaders(call: ClientCall, codec: "protobuf" | "json"): OutgoingHttpHeaders {
  const { method, metadata, trace, remainingMs, carried } = call;
  return {
    ":method": "POST",
    ":path": method.protoPath,
    te: "trailers",
    "content-type": codec === "json" ? "application/grpc+json" : "application/grpc",
    "user-agent": "reef",
    "grpc-accept-encoding": "gzip",
    traceparent: trace.traceparent,
    ...(remainingMs !== Infinity && { "grpc-timeout": formatGrpcTimeout(remainingMs) }),
    ...(carried.compress === true && { "grpc-encoding": "gzip" }),
    ...(metadata && headersOfMetadata(metadata)),
  };
}
