/** What a call says of itself over gRPC. */
import type { OutgoingHttpHeaders } from "node:http2";

import type { ClientCall } from "../../client-call.ts";
import { namespaceHeader } from "../../doorkeeper/acting-namespace.ts";
import { headersOfMetadata } from "../../header-metadata.ts";
import { formatGrpcTimeout } from "../grpc-timeout.ts";

export interface RequestHeadersOptions {
  readonly codec: "protobuf" | "json";
  /** Whether the call says where it acts. */
  readonly namespaces: boolean;
}

/** @throws {ReefError} `invalid_argument` for metadata that headers cannot carry */
export function requestHeaders(
  call: ClientCall,
  { codec, namespaces }: RequestHeadersOptions,
): OutgoingHttpHeaders {
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
    ...(namespaces && { [namespaceHeader]: method.namespace }),
    ...(metadata && headersOfMetadata(metadata)),
  };
}
