/** Messages of protobuf itself that are a kind of shape of their own. */
import type { Shape } from "../shape.ts";

export const wellKnownShapes: { readonly [fullName: string]: Shape } = {
  "google.protobuf.Timestamp": { kind: "timestamp" },
  "google.protobuf.Value": { kind: "json" },
  "google.protobuf.Struct": { kind: "json", as: "struct" },
  "google.protobuf.ListValue": { kind: "json", as: "list" },
  "google.protobuf.DoubleValue": { kind: "wrapper", inner: { kind: "double" } },
  "google.protobuf.FloatValue": { kind: "wrapper", inner: { kind: "float" } },
  "google.protobuf.Int64Value": { kind: "wrapper", inner: { kind: "int64" } },
  "google.protobuf.UInt64Value": { kind: "wrapper", inner: { kind: "uint64" } },
  "google.protobuf.Int32Value": { kind: "wrapper", inner: { kind: "int32" } },
  "google.protobuf.UInt32Value": { kind: "wrapper", inner: { kind: "uint32" } },
  "google.protobuf.BoolValue": { kind: "wrapper", inner: { kind: "boolean" } },
  "google.protobuf.StringValue": { kind: "wrapper", inner: { kind: "string" } },
  "google.protobuf.BytesValue": { kind: "wrapper", inner: { kind: "bytes" } },
};
