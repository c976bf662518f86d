/**
 * A parsed JSON value as handlers see it, by its shape: the reference decoder. Unknown fields are dropped, defaults
 * set, bytes, int64 and timestamps made; whatever has the wrong type is passed on for the schema to name.
 */
import { ReefError } from "../core/errors.ts";
import { bytesOfBase64 } from "../core/text-bytes.ts";
import { isAnyJson, readAny } from "./any-json.ts";
import { fromKeys, type JsonContext } from "./json-write.ts";
import { readProtoInt64, readProtoNumber } from "./proto-numbers.ts";
import { makeDate } from "./precise-date.ts";
import {
  isContainer,
  isFloat,
  isProtoMessage,
  isRecord,
  isWritable,
  ownValue,
  type Definitions,
} from "./shape-check.ts";
import { depthMax, type EnumShape, type Field, type ObjectShape, type Shape } from "./shape.ts";
import { tooDeep } from "./violations.ts";
import { wellKnownOfText } from "./well-known-json.ts";

/** @throws {ReefError} `invalid_argument` beyond `depthMax`, and for what an `Any` has inside and nobody can read */
export function readJson(
  shape: Shape,
  value: unknown,
  definitions: Definitions = {},
  { isProto = isProtoMessage(shape), isCopy = false }: Partial<JsonContext> = {},
): unknown {
  return read(shape, value, { definitions, isProto, isCopy }, 1);
}

function read(shape: Shape, value: unknown, context: JsonContext, depth: number): unknown {
  if (value === undefined) return undefined;
  if (depth > depthMax && isContainer(value)) throw tooDeep();
  switch (shape.kind) {
    case "nullable":
      return value === null ? null : read(shape.inner, value, context, depth);
    case "wrapper":
      return read(shape.inner, value, context, depth);
    case "ref": {
      const target = context.definitions[shape.to];
      return target ? read(target, value, context, depth) : undefined;
    }
    case "json":
      checkDepth(value, depth);
      return value;
    case "list":
      if (!Array.isArray(value)) return value;
      return value.map((item) => read(shape.items, item, context, depth + 1));
    case "map":
      if (!isRecord(value)) return value;
      return fromKeys(Object.keys(value), (key) => {
        return read(shape.values, value[key], context, depth + 1);
      });
    case "object":
      if (context.isProto && shape.wellKnown) return readWellKnown(shape, value, context, depth);
      return isRecord(value) ? readObject(shape, value, context, depth) : value;
    case "oneof":
      if (!isRecord(value)) return value;
      return fromKeys(Object.keys(shape.variants), (name) => {
        const variant = shape.variants[name];
        return variant && read(variant, ownValue(value, name), context, depth + 1);
      });
    case "int64":
    case "uint64":
      return context.isProto ? readProtoInt64(value) : readInt64(value);
    case "float":
      return readFloat(value);
    case "bytes":
      return readBytes(value);
    case "timestamp":
      return readTimestamp(value);
    case "enum":
      return context.isProto ? readEnum(shape, value) : value;
    case "double":
    case "int32":
    case "uint32":
    case "integer":
      return context.isProto ? readProtoNumber(value) : value;
    default:
      return value;
  }
}

function readObject(
  shape: ObjectShape,
  value: object,
  context: JsonContext,
  depth: number,
): object {
  return fromKeys(Object.keys(shape.fields), (name) => {
    const field = shape.fields[name];
    if (!field) return undefined;
    const item = context.isProto ? protoItem(value, name, field) : ownValue(value, name);
    return read(
      field.shape,
      item === undefined ? structuredClone(field.default) : item,
      context,
      depth + 1,
    );
  });
}

/** By either of its names; null is as if it were not there, but where null is a value. */
function protoItem(value: object, name: string, { shape, protoName }: Field): unknown {
  const given = ownValue(value, name);
  const item = given === undefined && protoName ? ownValue(value, protoName) : given;
  return item === null && shape.kind !== "json" ? undefined : item;
}

function readWellKnown(
  shape: ObjectShape,
  value: unknown,
  context: JsonContext,
  depth: number,
): unknown {
  if (context.isCopy) return isRecord(value) ? readObject(shape, value, context, depth) : value;
  if (shape.wellKnown === "any") {
    if (!isAnyJson(value)) return isRecord(value) ? readObject(shape, {}, context, depth) : value;
    return readAny(value, context.definitions, (inner, json, levels) => {
      return read(inner, json, context, depth + levels);
    });
  }
  if (typeof value === "string") return wellKnownOfText(shape.wellKnown, value);
  // With fields as any other message it would be valid, but no program of protobuf says it like that.
  if (isRecord(value)) throw notText(shape);
  return value;
}

/** A number of an enum is its name, where it has one; everything else stays what it is. */
export function readEnum({ values, numbers = {} }: EnumShape, value: unknown): unknown {
  if (typeof value !== "number") return value;
  return values.find((name) => numbers[name] === value) ?? value;
}

/** A number as 32 bits hold it, or a text of one; everything else stays what it is, what is beyond them too. */
export function readFloat(value: unknown): unknown {
  const number = readProtoNumber(value);
  return isFloat(number) ? Math.fround(number) : value;
}

/** A decimal string, or a number that is still exact; everything else stays what it is. */
export function readInt64(value: unknown): unknown {
  if (typeof value === "string" && decimal.test(value)) return BigInt(value);
  return Number.isSafeInteger(value) ? BigInt(value as number) : value;
}

/** Standard or URL-safe base64, padded or not; everything else stays what it is. */
export function readBytes(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const end = value.search(notBase64);
  if (end !== -1 && !padding.test(value.slice(end))) return value;
  return bytesOfBase64(value) ?? value;
}

/** An RFC 3339 date and time with a zone; everything else stays what it is. */
export function readTimestamp(value: unknown): unknown {
  if (typeof value !== "string" || !rfc3339.test(value)) return value;
  const date = new Date(value);
  if (Number.isNaN(date.getTime()) || !isWritable(date) || !isDay(value)) return value;
  const nanos = belowMs.exec(value)?.[1];
  return nanos === undefined ? date : makeDate(date.getTime(), Number(nanos.padEnd(6, "0")));
}

/** Whether the month has that day: for a Date the 30th of February is the 2nd of March. */
function isDay(text: string): boolean {
  const day = Number(text.slice(8, 10));
  if (day <= 28) return true;
  const [year, month] = [Number(text.slice(0, 4)), Number(text.slice(5, 7))];
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

/** @throws {ReefError} `invalid_argument` beyond `depthMax` */
export function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > depthMax) throw tooDeep();
  for (const item of Object.values(value)) checkDepth(item, depth + 1);
}

function notText({ protoName, wellKnown }: ObjectShape): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot read a message: a ${protoName ?? wellKnown} is a text in JSON, this is an object`,
    { maybeExecuted: false },
  );
}

/** Twenty digits hold every number of 64 bits; more would be a long computation on somebody else's behalf. */
const decimal = /^-?\d{1,20}$/u;
/** Looking for what is wrong is twice as fast as matching all that is right. */
const notBase64 = /[^A-Za-z0-9+/_-]/u;
const padding = /^={1,2}$/u;
const belowMs = /\.\d{3}(\d{1,6})/u;
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/u;
