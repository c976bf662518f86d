/** What one connection over HTTP/2 may take of a server, out of what callers over HTTP may take of it. */
import type { GrpcLimits } from "../grpc/limits.ts";

export type Http2Limits = Pick<
  GrpcLimits,
  | "streams"
  | "headerBytes"
  | "headers"
  | "sessionMegabytes"
  | "resets"
  | "resetsPerSecond"
  | "errors"
  | "headMs"
>;
