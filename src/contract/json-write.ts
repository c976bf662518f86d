/**
 * A value as JSON by its shape: the reference encoder. It writes exactly the fields of the shape, and it is the
 * authority on everything unusual; the code that `code-build.ts` generates only knows well-formed values.
 *
 * A scalar of the wrong type is written as it is, for the far side's schema to name it. An object where the shape has a
 * scalar is refused, because it could carry what nobody declared.
 */
import { base64OfBytes } from "../core/text-bytes.ts";
import { writeAny } from "./any-json.ts";
import {
  checkShape,
  isContainer,
  isFloat,
  isProtoMessage,
  isRecord,
  isWritable,
  ownValue,
  type Definitions,
} from "./shape-check.ts";
import { dateText } from "./precise-date.ts";
import { protoDateText, wellKnownProblem, writeWellKnown } from "./well-known-json.ts";
import { depthMax, type ObjectShape, type Shape } from "./shape.ts";
import { violationError } from "./violations.ts";

/**
 * The value as plain data that JSON.stringify writes without a change.
 * @throws {ReefError} `invalid_argument` when the value cannot be said in JSON
 */
export function toJsonValue(
  shape: Shape,
  value: unknown,
  definitions: Definitions = {},
  { isCopy = false }: { readonly isCopy?: boolean } = {},
): unknown {
  try {
    const json = convert(shape, value, { definitions, isProto: isProtoMessage(shape), isCopy }, 1);
    if (json !== undefined) return json;
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error;
  }
  const problems = checkShape(shape, value, definitions, { asJson: !isCopy });
  throw violationError("a message for sending", problems);
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
  if (!isFloat(value)) throw new Unwritable();
  for (let digits = floatDigitsMin; digits < floatDigitsMax; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value && Math.abs(short) <= floatMax) return short;
  }
  return value;
}

/** Any number of six digits is told from its neighbours by 32 bits, and nine tell all of 32 bits apart. */
const floatDigitsMin = 6;
const floatDigitsMax = 10;

/** The largest of 32 bits: what is beyond it would be rounded back here, but other readers refuse it. */
const floatMax = 3.4028234663852886e38;

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

/** What holds for a whole message. */
export interface JsonContext {
  readonly definitions: Definitions;
  /** It is from a `.proto`: its JSON is that of proto3. */
  readonly isProto: boolean;
  /** It is for a reader in this process: forms that cannot say every value are not used. */
  readonly isCopy: boolean;
}

function convert(shape: Shape, value: unknown, context: JsonContext, depth: number): unknown {
  if (value === undefined) return undefined;
  if (depth > depthMax && isContainer(value)) throw new Unwritable();
  switch (shape.kind) {
    case "nullable":
      return value === null ? null : convert(shape.inner, value, context, depth);
    case "wrapper":
      return convert(shape.inner, value, context, depth);
    case "ref": {
      const target = context.definitions[shape.to];
      return target && convert(target, value, context, depth);
    }
    case "json":
      return copyJson(value, depth);
    case "list":
      if (!Array.isArray(value)) return scalar(value);
      return value.map((item) => convert(shape.items, item, context, depth + 1) ?? null);
    case "map":
      if (!isRecord(value)) return scalar(value);
      return fromKeys(Object.keys(value), (key) => {
        return convert(shape.values, value[key], context, depth + 1);
      });
    case "object":
      if (!isRecord(value)) return scalar(value);
      if (context.isProto && !context.isCopy && shape.wellKnown) {
        return convertWellKnown(shape.wellKnown, value, context, depth);
      }
      return fromKeys(Object.keys(shape.fields), (name) => {
        const field = shape.fields[name];
        if (!field) return undefined;
        const item = convert(field.shape, ownValue(value, name), context, depth + 1);
        if (!context.isProto) return item === undefined ? field.default : item;
        return field.implicit && isDefault(item, field.default) ? undefined : item;
      });
    case "oneof":
      if (!isRecord(value)) return scalar(value);
      return fromKeys(Object.keys(shape.variants), (name) => {
        const variant = shape.variants[name];
        return variant && convert(variant, ownValue(value, name), context, depth + 1);
      });
    case "bytes":
      return value instanceof Uint8Array ? writeBytes(value) : scalar(value);
    case "timestamp":
      if (!(value instanceof Date)) return scalar(value);
      if (!isWritable(value)) throw new Unwritable();
      return context.isProto ? protoDateText(value) : dateText(value);
    case "float":
      return typeof value === "number" ? writeFloat(value) : scalar(value);
    case "double":
      if (context.isProto && typeof value === "number" && !Number.isFinite(value)) {
        return String(value);
      }
      return scalar(value);
    default:
      return scalar(value);
  }
}

function convertWellKnown(
  kind: NonNullable<ObjectShape["wellKnown"]>,
  value: Record<string, unknown>,
  context: JsonContext,
  depth: number,
): unknown {
  if (kind !== "any") {
    if (wellKnownProblem(kind, value) !== undefined) throw new Unwritable();
    return writeWellKnown(kind, value);
  }
  const json = writeAny(value, context.definitions, (inner, item, levels) => {
    return convert(inner, item, context, depth + levels);
  });
  if (json === undefined) throw new Unwritable();
  return json;
}

/** Whether it is the zero that implicit presence does not write: as JSON both are what they are in the shape. */
function isDefault(json: unknown, zero: unknown): boolean {
  return json !== undefined && JSON.stringify(json) === JSON.stringify(zero);
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
