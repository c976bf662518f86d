/**
 * A value as JSON by its shape: the reference encoder. It writes exactly the fields of the shape, and it is the
 * authority on everything unusual; the code that `code-build.ts` generates only knows well-formed values.
 *
 * A scalar of the wrong type is written as it is, for the far side's schema to name it. An object where the shape has a
 * scalar is refused, because it could carry what nobody declared.
 */
import { base64OfBytes } from "../core/text-bytes.ts";
import {
  checkShape,
  isContainer,
  isRecord,
  isWritable,
  ownValue,
  type Definitions,
} from "./shape-check.ts";
import { dateText } from "./precise-date.ts";
import { depthMax, type Shape } from "./shape.ts";
import { violationError } from "./violations.ts";

/**
 * The value as plain data that JSON.stringify writes without a change.
 * @throws {ReefError} `invalid_argument` when the value cannot be said in JSON
 */
export function toJsonValue(shape: Shape, value: unknown, definitions: Definitions = {}): unknown {
  try {
    const json = convert(shape, value, definitions, 1);
    if (json !== undefined) return json;
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error;
  }
  throw violationError("a message for sending", checkShape(shape, value, definitions));
}

/** JSON data as it is, but a copy, and without what JSON.stringify would quietly change. */
export function copyJson(value: unknown, depth: number): unknown {
  if (value === undefined) return undefined;
  if (depth > depthMax && isContainer(value)) throw new Unwritable();
  if (Array.isArray(value)) return value.map((item) => copyJson(item, depth + 1) ?? null);
  if (!isRecord(value)) return scalar(value);
  return fromKeys(Object.keys(value), (key) => copyJson(value[key], depth + 1));
}

/** Base64 is what JSON has for bytes. */
export function writeBytes(bytes: Uint8Array): string {
  return base64OfBytes(bytes);
}

/** The shortest number that 32 bits read as this one; by name what JSON has no number for. */
export function writeFloat(value: number): number | string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = floatDigitsMin; digits < floatDigitsMax; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

/** Any number of six digits is told from its neighbours by 32 bits, and nine tell all of 32 bits apart. */
const floatDigitsMin = 6;
const floatDigitsMax = 10;

/** An object of those keys that have a value; `__proto__` becomes a key like any other. */
export function fromKeys(
  keys: readonly string[],
  valueOf: (key: string) => unknown,
): Record<string, unknown> {
  const entries = keys.map((key): [string, unknown] => [key, valueOf(key)]);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

/** The reason is found by the check of the whole value, which knows the path. */
class Unwritable extends Error {}

function convert(shape: Shape, value: unknown, definitions: Definitions, depth: number): unknown {
  if (value === undefined) return undefined;
  if (depth > depthMax && isContainer(value)) throw new Unwritable();
  switch (shape.kind) {
    case "nullable":
      return value === null ? null : convert(shape.inner, value, definitions, depth);
    case "wrapper":
      return convert(shape.inner, value, definitions, depth);
    case "ref": {
      const target = definitions[shape.to];
      return target && convert(target, value, definitions, depth);
    }
    case "json":
      return copyJson(value, depth);
    case "list":
      if (!Array.isArray(value)) return scalar(value);
      return value.map((item) => convert(shape.items, item, definitions, depth + 1) ?? null);
    case "map":
      if (!isRecord(value)) return scalar(value);
      return fromKeys(Object.keys(value), (key) => {
        return convert(shape.values, value[key], definitions, depth + 1);
      });
    case "object":
      if (!isRecord(value)) return scalar(value);
      return fromKeys(Object.keys(shape.fields), (name) => {
        const field = shape.fields[name];
        if (!field) return undefined;
        const item = convert(field.shape, ownValue(value, name), definitions, depth + 1);
        return item === undefined ? field.default : item;
      });
    case "oneof":
      if (!isRecord(value)) return scalar(value);
      return fromKeys(Object.keys(shape.variants), (name) => {
        const variant = shape.variants[name];
        return variant && convert(variant, ownValue(value, name), definitions, depth + 1);
      });
    case "bytes":
      return value instanceof Uint8Array ? writeBytes(value) : scalar(value);
    case "timestamp":
      if (!(value instanceof Date)) return scalar(value);
      if (!isWritable(value)) throw new Unwritable();
      return dateText(value);
    case "float":
      return typeof value === "number" ? writeFloat(value) : scalar(value);
    default:
      return scalar(value);
  }
}

/** Also of the wrong type, but nothing with an inside, and no number that JSON lacks. */
function scalar(value: unknown): unknown {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new Unwritable();
    // JSON has no negative zero, and adding zero takes the sign away.
    return value + 0;
  }
  if (typeof value === "bigint") return String(value);
  if (typeof value === "symbol" || typeof value === "function") throw new Unwritable();
  if (typeof value === "object" && value !== null) throw new Unwritable();
  return value;
}
