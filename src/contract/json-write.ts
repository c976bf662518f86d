/**
 * A value as JSON text by its shape: the reference encoder. It writes exactly the fields of the shape, and it is the
 * authority on everything unusual; the generated writer of `json-write-code.ts` only knows well-formed values.
 *
 * A scalar of the wrong type is written as it is, for the far side's schema to name it. An object where the shape has a
 * scalar is refused, because it could carry what nobody declared.
 */
import { ReefError } from "../core/errors.ts";
import {
  checkShape,
  isContainer,
  isRecord,
  isWritable,
  ownValue,
  type Definitions,
} from "./shape-check.ts";
import { depthMax, type ObjectShape, type Shape } from "./shape.ts";
import { violationError } from "./violations.ts";

/** @throws {ReefError} `invalid_argument` when the value cannot be said in JSON */
export function writeJson(shape: Shape, value: unknown, definitions: Definitions = {}): string {
  try {
    const text = write(shape, value, definitions, 1);
    if (text === undefined) throw new Unwritable();
    return text;
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error;
    const violations = checkShape(shape, value, definitions);
    throw violationError("a message for sending", violations);
  }
}

/** Base64 is what JSON has for bytes. */
export function writeBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** The reason is found by the check of the whole value, which knows the path. */
class Unwritable extends Error {}

function write(
  shape: Shape,
  value: unknown,
  definitions: Definitions,
  depth: number,
): string | undefined {
  if (value === undefined) return undefined;
  if (depth > depthMax && isContainer(value)) throw new Unwritable();
  switch (shape.kind) {
    case "nullable":
      return value === null ? "null" : write(shape.inner, value, definitions, depth);
    case "ref": {
      const target = definitions[shape.to];
      if (!target) throw new ReefError("internal", `Cannot write "${shape.to}": it is not defined`);
      return write(target, value, definitions, depth);
    }
    case "json":
      return writeAny(value, depth);
    case "list":
      if (!Array.isArray(value)) return writeScalar(value);
      return `[${value
        .map((item) => write(shape.items, item, definitions, depth + 1) ?? "null")
        .join(",")}]`;
    case "map":
      if (!isRecord(value)) return writeScalar(value);
      return braces(Object.keys(value), (key) => {
        return write(shape.values, value[key], definitions, depth + 1);
      });
    case "object":
      if (!isRecord(value)) return writeScalar(value);
      return writeObject(shape, value, definitions, depth);
    case "oneof":
      if (!isRecord(value)) return writeScalar(value);
      return braces(Object.keys(shape.variants), (name) => {
        // The name is a key of the variants.
        const variant = shape.variants[name] as Shape;
        return write(variant, ownValue(value, name), definitions, depth + 1);
      });
    case "int64":
      return typeof value === "bigint" ? `"${value}"` : writeScalar(value);
    case "bytes":
      return value instanceof Uint8Array ? `"${writeBytes(value)}"` : writeScalar(value);
    case "timestamp":
      if (!(value instanceof Date)) return writeScalar(value);
      if (!isWritable(value)) throw new Unwritable();
      return `"${value.toISOString()}"`;
    default:
      return writeScalar(value);
  }
}

function writeObject(
  shape: ObjectShape,
  value: object,
  definitions: Definitions,
  depth: number,
): string {
  return braces(Object.keys(shape.fields), (name) => {
    const field = shape.fields[name];
    if (!field) return undefined;
    const text = write(field.shape, ownValue(value, name), definitions, depth + 1);
    return text ?? (field.default === undefined ? undefined : JSON.stringify(field.default));
  });
}

/** An object of those keys that have a text. */
function braces(keys: readonly string[], textOf: (key: string) => string | undefined): string {
  let text = "";
  for (const key of keys) {
    const item = textOf(key);
    if (item !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${item}`;
  }
  return `{${text}}`;
}

/** Also of the wrong type, but nothing with an inside, and no number that JSON lacks. */
function writeScalar(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Unwritable();
  if (typeof value === "bigint") return `"${value}"`;
  if (typeof value === "object" && value !== null) throw new Unwritable();
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new Unwritable();
  return text;
}

/** JSON data as JSON would write it, but what JSON.stringify would quietly change is refused. */
export function writeAny(value: unknown, depth: number): string | undefined {
  if (value === undefined) return undefined;
  if (depth > depthMax && isContainer(value)) throw new Unwritable();
  if (Array.isArray(value)) {
    return `[${value.map((item) => writeAny(item, depth + 1) ?? "null").join(",")}]`;
  }
  if (!isRecord(value)) return writeScalar(value);
  return braces(Object.keys(value), (key) => writeAny(value[key], depth + 1));
}
