/** Generates what happens to one scalar when a message is built anew. */
import { unusual, type Code } from "./code.ts";
import { readBytes, readInt64, readTimestamp } from "./json-read.ts";
import { writeBytes } from "./json-write.ts";
import { isWritable } from "./shape-check.ts";
import type { Shape } from "./shape.ts";

/**
 * `read`: parsed JSON becomes what a reader sees. `write`: a sender's value becomes plain JSON data. `copy`: one from
 * the other, without JSON between them.
 */
export type Mode = "read" | "write" | "copy";

export type ScalarKind = Exclude<
  Shape["kind"],
  "list" | "map" | "object" | "oneof" | "nullable" | "ref" | "json"
>;

/** Emits the check of a scalar, and returns the expression of the built one. */
export function emitScalar(code: Code, mode: Mode, kind: ScalarKind, value: string): string {
  if (mode === "read") {
    const read = readers[kind];
    return read ? `${code.constant(read)}(${value})` : value;
  }
  const { wrong, write = value, copy = value } = scalar(code, kind, value);
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
  integer: undefined,
  double: undefined,
  int64: readInt64,
  bytes: readBytes,
  timestamp: readTimestamp,
};

/** The condition of being unusual; the expressions to write and to copy it where that is not the value itself. */
interface ScalarText {
  readonly wrong: string;
  readonly write?: string;
  readonly copy?: string;
}

function scalar(code: Code, kind: ScalarKind, value: string): ScalarText {
  switch (kind) {
    case "string":
    case "enum":
      return { wrong: `typeof ${value} !== "string"` };
    case "boolean":
      return { wrong: `typeof ${value} !== "boolean"` };
    case "int64":
      return {
        wrong: `typeof ${value} !== "bigint" || BigInt.asIntN(64, ${value}) !== ${value}`,
        write: `String(${value})`,
      };
    case "bytes":
      return {
        wrong: `!(${value} instanceof Uint8Array)`,
        write: `${code.constant(writeBytes)}(${value})`,
        copy: `new Uint8Array(${value})`,
      };
    case "timestamp":
      return {
        wrong: `!(${value} instanceof Date) || !${code.constant(isWritable)}(${value})`,
        write: `${value}.toISOString()`,
        copy: `new Date(${value}.getTime())`,
      };
    default:
      return {
        wrong: `typeof ${value} !== "number" || ${value} - ${value} !== 0`,
        // As the reference does it, for the sign of zero.
        copy: `${value} + 0`,
      };
  }
}
