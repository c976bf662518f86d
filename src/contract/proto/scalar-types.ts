/** Kinds of shapes and the types of protobuf that say the same. */
import { ReefError } from "../../core/errors.ts";
import type { Shape } from "../shape.ts";
import type { FieldType } from "./file-descriptor.ts";

/** Types of protobuf itself, each with its file. */
export const wellKnownTypes = {
  timestamp: { file: "google/protobuf/timestamp.proto", type: ".google.protobuf.Timestamp" },
  json: { file: "google/protobuf/struct.proto", type: ".google.protobuf.Value" },
  struct: { file: "google/protobuf/struct.proto", type: ".google.protobuf.Struct" },
  list: { file: "google/protobuf/struct.proto", type: ".google.protobuf.ListValue" },
} as const;

/** The type of a kind that has nothing inside. */
export function scalarType(shape: Shape): FieldType {
  const wire = "wire" in shape ? shape.wire : undefined;
  switch (shape.kind) {
    case "string":
      return "TYPE_STRING";
    case "boolean":
      return "TYPE_BOOL";
    case "bytes":
      return "TYPE_BYTES";
    case "float":
      return "TYPE_FLOAT";
    case "double":
      return "TYPE_DOUBLE";
    case "int32":
      return wire === "zigzag" ? "TYPE_SINT32" : wire === "fixed" ? "TYPE_SFIXED32" : "TYPE_INT32";
    case "uint32":
      return wire === "fixed" ? "TYPE_FIXED32" : "TYPE_UINT32";
    case "uint64":
      return wire === "fixed" ? "TYPE_FIXED64" : "TYPE_UINT64";
    case "int64":
    case "integer":
      return wire === "zigzag" ? "TYPE_SINT64" : wire === "fixed" ? "TYPE_SFIXED64" : "TYPE_INT64";
    default:
      throw new ReefError("internal", `Cannot say a ${shape.kind} in protobuf: it is no scalar`);
  }
}

/** `google.protobuf.StringValue` for a string, and so on. */
export function wrapperType(inner: Shape): string {
  const word = scalarType(inner).replace("TYPE_", "").toLowerCase();
  const name = word.replace("uint", "UInt").replace(/^./u, (letter) => letter.toUpperCase());
  return `.google.protobuf.${name}Value`;
}
