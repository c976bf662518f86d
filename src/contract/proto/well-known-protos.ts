/** Files that everybody imports and nobody has: they come with the package. */
import { readFileSync } from "node:fs";

const folder = new URL("../../../templates/proto/", import.meta.url);

/** The paths by which they are imported. */
export const wellKnownPaths: readonly string[] = [
  "google/api/annotations.proto",
  "google/api/http.proto",
  "google/api/httpbody.proto",
  "google/protobuf/any.proto",
  "google/protobuf/api.proto",
  "google/protobuf/compiler/plugin.proto",
  "google/protobuf/cpp_features.proto",
  "google/protobuf/descriptor.proto",
  "google/protobuf/duration.proto",
  "google/protobuf/empty.proto",
  "google/protobuf/field_mask.proto",
  "google/protobuf/go_features.proto",
  "google/protobuf/java_features.proto",
  "google/protobuf/source_context.proto",
  "google/protobuf/struct.proto",
  "google/protobuf/timestamp.proto",
  "google/protobuf/type.proto",
  "google/protobuf/wrappers.proto",
  "google/rpc/code.proto",
  "google/rpc/error_details.proto",
  "google/rpc/status.proto",
];

/** The text of one of them. */
export function wellKnownProto(path: string): string | undefined {
  return wellKnownPaths.includes(path) ? readFileSync(new URL(path, folder), "utf8") : undefined;
}
