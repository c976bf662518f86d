/** Generates what happens to one scalar when a message is built anew. */
import { unusual, type Code } from "./code.ts";
import { readBytes, readEnum, readFloat, readInt64, readTimestamp } from "./json-read.ts";
import { writeBytes, writeFloat } from "./json-write.ts";
import { readProtoInt64, readProtoNumber } from "./proto-numbers.ts";
import { isFloat, isWritable } from "./shape-check.ts";
import { copyBytes } from "../core/text-bytes.ts";
import { copyDate, dateText } from "./precise-date.ts";
import type { ScalarShape, Shape } from "./shape.ts";
import { protoDateText } from "./well-known-json.ts";

/**
 * `read`: parsed JSON becomes what a reader sees. `write`: a sender's value becomes plain JSON data. `copy`: one from
 * the other, without JSON between them.
 */
export type Mode = "read" | "write" | "copy";

export type ScalarKind = ScalarShape["kind"];

/** Emits the check of a scalar, and returns the expression of the built one. */
export function emitScalar(code: Code, mode: Mode, shape: ScalarShape, value: string): string {
  const { kind } = shape;
  if (mode === "read") {
    const read = code.isProto ? protoReader(shape) : readers[kind];
    return read ? `${code.constant(read)}(${value})` : value;
  }
  const { wrong, write = value, copy = value } = scalar(code, shape, value);
  code.line(`if (${wrong}) throw ${code.constant(unusual)};`);
  return mode === "write" ? write : copy;
}

function isScalarKind(kind: Shape["kind"]): kind is ScalarKind {
  return Object.hasOwn(readers, kind);
}

/** Whether a reader sees the value that JSON has. */
export function isPlainKind(kind: Shape["kind"]): boolean {
  return isScalarKind(kind) && readers[kind] === undefined;
}

/** Reading passes a wrong type on, so it checks nothing. */
const readers: { readonly [K in ScalarKind]: ((value: unknown) => unknown) | undefined } = {
  string: undefined,
  enum: undefined,
  boolean: undefined,
  int32: undefined,
  uint32: undefined,
  integer: undefined,
  float: readFloat,
  double: undefined,
  int64: readInt64,
  uint64: readInt64,
  bytes: readBytes,
  timestamp: readTimestamp,
};

/** The JSON of proto3 has more than one form of most values. */
function protoReader(shape: ScalarShape): ((value: unknown) => unknown) | undefined {
  switch (shape.kind) {
    case "int32":
    case "uint32":
    case "integer":
    case "double":
      return readProtoNumber;
    case "int64":
    case "uint64":
      return readProtoInt64;
    case "enum":
      return (value) => readEnum(shape, value);
    default:
      return readers[shape.kind];
  }
}

/** The condition of being unusual; the expressions to write and to copy it where that is not the value itself. */
interface ScalarText {
  readonly wrong: string;
  readonly write?: string;
  readonly copy?: string;
}

function scalar(code: Code, shape: ScalarShape, value: string): ScalarText {
  switch (shape.kind) {
    case "string":
      return { wrong: `typeof ${value} !== "string"` };
    case "enum": {
      const notText = `typeof ${value} !== "string"`;
      const notInt32 = `(typeof ${value} !== "number" || (${value} | 0) !== ${value})`;
      return { wrong: shape.open ? `${notText} && ${notInt32}` : notText };
    }
    case "boolean":
      return { wrong: `typeof ${value} !== "boolean"` };
    case "int64":
      return {
        wrong: `typeof ${value} !== "bigint" || BigInt.asIntN(64, ${value}) !== ${value}`,
        write: `String(${value})`,
      };
    case "uint64":
      return {
        wrong: `typeof ${value} !== "bigint" || BigInt.asUintN(64, ${value}) !== ${value}`,
        write: `String(${value})`,
      };
    case "float":
      return {
        wrong: `!${code.constant(isFloat)}(${value})`,
        write: `${code.constant(writeFloat)}(${value})`,
      };
    case "bytes":
      return {
        wrong: `!(${value} instanceof Uint8Array)`,
        write: `${code.constant(writeBytes)}(${value})`,
        copy: `${code.constant(copyBytes)}(${value})`,
      };
    case "timestamp":
      return {
        wrong: `!(${value} instanceof Date) || !${code.constant(isWritable)}(${value})`,
        write: `${code.constant(code.isProto ? protoDateText : dateText)}(${value})`,
        copy: `${code.constant(copyDate)}(${value})`,
      };
    default:
      return {
        wrong: `typeof ${value} !== "number" || ${value} - ${value} !== 0`,
        // As the reference does it, for the sign of zero, which protobuf has and JSON has not.
        copy: code.isProto ? value : `${value} + 0`,
      };
  }
}
