/** Values of ours as the objects of protobufjs, and back: docs/contracts.md says how shapes look in protobuf. */
import type { Field, ObjectShape, Shape } from "../../src/contract/shape.ts";

/** As protobufjs has messages and maps. */
type Foreign = { readonly [name: string]: unknown };

export function toForeign(shape: ObjectShape, value: Foreign): Foreign {
  return writeFields(shape, value, shape.definitions ?? {});
}

export function fromForeign(shape: ObjectShape, message: object): Foreign {
  return readFields(shape, message, shape.definitions ?? {});
}

type Definitions = { readonly [name: string]: Shape };

function writeFields(shape: ObjectShape, value: Foreign, definitions: Definitions): Foreign {
  const fields = Object.entries(shape.fields).flatMap(([name, field]) => {
    const given = value[name];
    return given === undefined
      ? []
      : [[name, write(inMessage(field), given, definitions)] as const];
  });
  return Object.fromEntries(fields);
}

function readFields(shape: ObjectShape, message: object, definitions: Definitions): Foreign {
  // Whatever a message has it has by name.
  const given = message as Foreign;
  const fields = Object.entries(shape.fields).flatMap(([name, field]) => {
    const raw = Object.hasOwn(given, name) ? given[name] : undefined;
    const value =
      raw === undefined || raw === null
        ? absent(field, definitions)
        : read(inMessage(field), raw, definitions);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(fields);
}

/** A list or map where protobuf has no place for "not there" stands in a message of its own. */
type Wire = Shape | { readonly kind: "boxed"; readonly shape: Shape };

function inMessage({ shape, optional }: Field): Wire {
  return optional ? boxed(shape) : shape;
}

function boxed(shape: Shape): Wire {
  return shape.kind === "list" || shape.kind === "map" ? { kind: "boxed", shape } : shape;
}

function write(shape: Wire, value: unknown, definitions: Definitions): unknown {
  const inner = (of: Wire, item: unknown) => write(of, item, definitions);
  switch (shape.kind) {
    case "boxed":
      return { items: inner(shape.shape, value) };
    case "int64":
    case "uint64":
      return String(value);
    case "timestamp":
      return timestampOf(value as Date);
    case "enum":
      return typeof value === "string" ? shape.numbers?.[value] : value;
    case "list":
      return (value as unknown[]).map((item) => inner(boxed(shape.items), item));
    case "map":
      return mapped(value, (item) => inner(boxed(shape.values), item));
    case "object":
      if (shape.wellKnown === "duration") return mapped(value, String);
      return writeFields(shape, value as Foreign, definitions);
    case "oneof":
      return mapped(value, (item, name) => inner(boxed(variantOf(shape, name)), item));
    case "nullable":
      return value === null ? {} : { value: inner(boxed(shape.inner), value) };
    case "wrapper":
      return { value: inner(shape.inner, value) };
    case "json":
      return shape.as === "struct" ? writeJson(value)["structValue"] : writeJson(value);
    case "ref":
      return inner(boxed(definitionOf(shape.to, definitions)), value);
    default:
      return value;
  }
}

function read(shape: Wire, raw: unknown, definitions: Definitions): unknown {
  const inner = (of: Wire, item: unknown) => read(of, item, definitions);
  const message = raw as Foreign;
  switch (shape.kind) {
    case "boxed":
      return inner(shape.shape, message["items"] ?? (shape.shape.kind === "list" ? [] : {}));
    case "int64":
    case "uint64":
      return BigInt(raw as string);
    case "integer":
      return Number(raw);
    case "bytes":
      return new Uint8Array(raw as Uint8Array);
    case "timestamp":
      return new Date(Number(message["seconds"] ?? 0) * 1_000 + nanosOf(message) / 1e6);
    case "enum":
      return Object.entries(shape.numbers ?? {}).find(([, number]) => number === raw)?.[0] ?? raw;
    case "list":
      return (raw as unknown[]).map((item) => inner(boxed(shape.items), item));
    case "map":
      return mapped(raw, (item) => inner(boxed(shape.values), item));
    case "object":
      if (shape.wellKnown !== "duration") return readFields(shape, message, definitions);
      return { seconds: BigInt(String(message["seconds"] ?? 0)), nanos: nanosOf(message) };
    case "oneof":
      return mapped(raw, (item, name) => inner(boxed(variantOf(shape, name)), item));
    case "nullable":
      return Object.hasOwn(message, "value") ? inner(boxed(shape.inner), message["value"]) : null;
    case "wrapper":
      return Object.hasOwn(message, "value")
        ? inner(shape.inner, message["value"])
        : zero(shape.inner);
    case "json":
      return readJson(shape.as === "struct" ? { structValue: raw } : message);
    case "ref":
      return inner(boxed(definitionOf(shape.to, definitions)), raw);
    default:
      return raw;
  }
}

/** What a reader of proto3 sees where nothing was written. */
function absent({ shape: named, optional, implicit }: Field, definitions: Definitions): unknown {
  const shape = named.kind === "ref" ? definitionOf(named.to, definitions) : named;
  if (shape.kind === "list") return optional ? undefined : [];
  if (shape.kind === "map") return optional ? undefined : {};
  return optional && !implicit ? undefined : zero(shape);
}

function zero(shape: Shape): unknown {
  switch (shape.kind) {
    case "string":
      return "";
    case "boolean":
      return false;
    case "int64":
    case "uint64":
      return 0n;
    case "bytes":
      return new Uint8Array(0);
    case "enum":
      return Object.entries(shape.numbers ?? {}).find(([, number]) => number === 0)?.[0];
    case "int32":
    case "uint32":
    case "integer":
    case "float":
    case "double":
      return 0;
    case "nullable":
      return null;
    default:
      return undefined;
  }
}

function definitionOf(name: string, definitions: Definitions): Shape {
  const found = definitions[name];
  if (!found) throw new Error(`"${name}" is not defined`);
  return found;
}

function variantOf({ variants }: Extract<Shape, { kind: "oneof" }>, name: string): Shape {
  const found = variants[name];
  if (!found) throw new Error(`"${name}" is no variant`);
  return found;
}

function mapped(value: unknown, each: (item: unknown, key: string) => unknown): Foreign {
  const entries = Object.entries(value as Foreign);
  return Object.fromEntries(entries.map(([key, item]) => [key, each(item, key)]));
}

function timestampOf(date: Date): Foreign {
  const seconds = Math.floor(date.getTime() / 1_000);
  return { seconds: String(seconds), nanos: (date.getTime() - seconds * 1_000) * 1e6 };
}

function nanosOf(message: Foreign): number {
  return Number(message["nanos"] ?? 0);
}

function writeJson(value: unknown): Foreign {
  if (value === null) return { nullValue: 0 };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(writeJson) } };
  return { structValue: { fields: mapped(value, writeJson) } };
}

function readJson(message: Foreign): unknown {
  const [[kind, value] = []] = Object.entries(message);
  if (kind === "nullValue" || kind === undefined) return null;
  if (kind === "listValue") {
    return ((value as Foreign)["values"] as Foreign[] | undefined)?.map(readJson) ?? [];
  }
  if (kind !== "structValue") return value;
  return mapped((value as Foreign)["fields"] ?? {}, (item) => readJson(item as Foreign));
}
