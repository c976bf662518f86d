/** Messages of `.proto` files as shapes: each message is a definition under its full name. */
import { ReefError } from "../../core/errors.ts";
import type { EnumShape, Field, NumberShape, ObjectShape, Shape } from "../shape.ts";
import type * as proto from "./file-descriptor.ts";
import { jsonNameOf } from "./json-name.ts";
import type { ProtoIndex } from "./proto-index.ts";
import { wellKnownShapes } from "./well-known-shapes.ts";

/** The message with everything that it needs, as an input or output has it. */
export function messageShape(index: ProtoIndex, fullName: string): ObjectShape {
  const reader = new MessageReader(index);
  const shape = reader.object(fullName);
  const definitions = reader.definitions();
  return Object.keys(definitions).length === 0 ? shape : { ...shape, definitions };
}

class MessageReader {
  readonly #index: ProtoIndex;
  readonly #definitions = new Map<string, Shape>();
  /** Definitions that were named and not read yet. */
  readonly #waiting: string[] = [];

  constructor(index: ProtoIndex) {
    this.#index = index;
  }

  definitions(): { readonly [name: string]: Shape } {
    for (let name = this.#waiting.pop(); name !== undefined; name = this.#waiting.pop()) {
      if (this.#definitions.has(name)) continue;
      this.#definitions.set(name, this.object(name));
    }
    return Object.fromEntries(this.#definitions);
  }

  object(fullName: string): ObjectShape {
    const message = this.#index.message(fullName);
    if (!message) {
      const rule = "no file that was given declares it; give the files that are imported, too";
      throw new ReefError("invalid_argument", `Cannot use the message ${fullName}: ${rule}`);
    }
    const fields = message.field.map((field) => this.#field(field));
    const groups = message.oneofDecl.flatMap(({ name }, at) => {
      const members = message.field.filter((field) => {
        return field.oneofIndex === at && field.proto3Optional !== true;
      });
      return members.length === 0 ? [] : [[name, members.map(keyOf)] as const];
    });
    const wellKnown = wellKnownObjects[fullName];
    // What is inside of it may be any message that is known here.
    if (wellKnown === "any") this.#waiting.push(...this.#index.messages.filter(isOwn));
    return {
      kind: "object",
      ...this.#index.description(message),
      fields: Object.fromEntries(fields),
      ...(groups.length > 0 && { oneofs: Object.fromEntries(groups) }),
      protoName: fullName,
      ...(wellKnown && { wellKnown }),
    };
  }

  #field(field: proto.FieldDescriptor): [string, Field] {
    const key = keyOf(field);
    const features = this.#index.features(field);
    const isMessage = field.type === "TYPE_MESSAGE" || field.type === "TYPE_GROUP";
    const entry = isMessage ? this.#entryOf(field) : undefined;
    const shape = { ...this.#shape(field, entry), ...this.#index.description(field) };
    return [
      key,
      {
        shape,
        ...this.#presence(field, shape),
        number: field.number,
        ...(key !== field.name && { protoName: field.name }),
        ...(isMessage &&
          !entry &&
          isDelimited(field, features?.messageEncoding) && { delimited: true }),
      },
    ];
  }

  #presence(
    field: proto.FieldDescriptor,
    shape: Shape,
  ): Pick<Field, "optional" | "default" | "implicit"> {
    if (shape.kind === "list") return { default: [], implicit: true };
    if (shape.kind === "map") return { default: {}, implicit: true };
    const presence = this.#index.features(field)?.fieldPresence;
    if (presence === "LEGACY_REQUIRED") return {};
    const inOneof = field.oneofIndex !== undefined;
    if (presence === "IMPLICIT" && !inOneof && scalarKinds.has(shape.kind)) {
      return { default: zeroOf(shape), implicit: true };
    }
    if (field.defaultValue === undefined || inOneof) return { optional: true };
    return { default: defaultOf(field.defaultValue, shape) };
  }

  #shape(field: proto.FieldDescriptor, entry: proto.MessageDescriptor | undefined): Shape {
    const [key, value] = entry?.field ?? [];
    if (key && value) {
      const keys = this.#single(key);
      const isText = keys.kind === "string";
      return { kind: "map", ...(!isText && { keys }), values: this.#single(value) };
    }
    const items = this.#single(field);
    if (field.label !== "LABEL_REPEATED") return items;
    const encoding = this.#index.features(field)?.repeatedFieldEncoding;
    const packable =
      scalarKinds.has(items.kind) && items.kind !== "string" && items.kind !== "bytes";
    return { kind: "list", items, ...(packable && encoding === "EXPANDED" && { packed: false }) };
  }

  #entryOf({ label, typeName = "" }: proto.FieldDescriptor): proto.MessageDescriptor | undefined {
    if (label !== "LABEL_REPEATED") return undefined;
    const message = this.#index.message(typeName.slice(1));
    return message?.options?.mapEntry === true ? message : undefined;
  }

  #single(field: proto.FieldDescriptor): Shape {
    const { type, typeName = "" } = field;
    const name = typeName.replace(/^\./u, "");
    if (type === "TYPE_ENUM") return this.#enum(name);
    if (type !== "TYPE_MESSAGE" && type !== "TYPE_GROUP") return scalarShape(type);
    const known = Object.hasOwn(wellKnownShapes, name) ? wellKnownShapes[name] : undefined;
    if (known) return known;
    this.#waiting.push(name);
    return { kind: "ref", to: name };
  }

  #enum(name: string): EnumShape {
    const found = this.#index.enum(name);
    if (!found) {
      throw new ReefError("invalid_argument", `Cannot use the enum ${name}: no file declares it`);
    }
    const isOpen = this.#index.features(found)?.enumType !== "CLOSED";
    return {
      kind: "enum",
      values: found.value.map((value) => value.name),
      numbers: Object.fromEntries(found.value.map((value) => [value.name, value.number])),
      ...(isOpen && { open: true }),
    };
  }
}

/** The messages whose JSON is not that of their fields. */
const wellKnownObjects: { readonly [name: string]: ObjectShape["wellKnown"] } = {
  "google.protobuf.Duration": "duration",
  "google.protobuf.FieldMask": "field_mask",
  "google.protobuf.Any": "any",
};

/** Those of protobuf itself are in an `Any` only as what they are in JSON. */
function isOwn(name: string): boolean {
  return !name.startsWith("google.protobuf.") && !name.startsWith("google.api.");
}

/** The name in JSON and in memory. */
function keyOf({ name, jsonName }: proto.FieldDescriptor): string {
  return jsonName ?? jsonNameOf(name);
}

function isDelimited(field: proto.FieldDescriptor, encoding: string | undefined): boolean {
  return field.type === "TYPE_GROUP" || encoding === "DELIMITED";
}

const scalarKinds: ReadonlySet<Shape["kind"]> = new Set([
  "string",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "float",
  "double",
  "boolean",
  "bytes",
  "enum",
] as const);

function scalarShape(type: proto.FieldType | undefined): Shape {
  const found = type && Object.hasOwn(numberTypes, type) ? numberTypes[type] : undefined;
  if (found) return found;
  if (type === "TYPE_BOOL") return { kind: "boolean" };
  return { kind: type === "TYPE_BYTES" ? "bytes" : "string" };
}

const numberTypes: { readonly [type: string]: NumberShape } = {
  TYPE_DOUBLE: { kind: "double" },
  TYPE_FLOAT: { kind: "float" },
  TYPE_INT32: { kind: "int32" },
  TYPE_SINT32: { kind: "int32", wire: "zigzag" },
  TYPE_SFIXED32: { kind: "int32", wire: "fixed" },
  TYPE_UINT32: { kind: "uint32" },
  TYPE_FIXED32: { kind: "uint32", wire: "fixed" },
  TYPE_INT64: { kind: "int64" },
  TYPE_SINT64: { kind: "int64", wire: "zigzag" },
  TYPE_SFIXED64: { kind: "int64", wire: "fixed" },
  TYPE_UINT64: { kind: "uint64" },
  TYPE_FIXED64: { kind: "uint64", wire: "fixed" },
};

/** As JSON writes it. */
function zeroOf(shape: Shape): unknown {
  switch (shape.kind) {
    case "boolean":
      return false;
    case "string":
    case "bytes":
      return "";
    case "int64":
    case "uint64":
      return "0";
    case "enum":
      // The first value of an enum of proto3 has the number 0.
      return shape.values.find((value) => shape.numbers?.[value] === 0) ?? shape.values[0];
    default:
      return 0;
  }
}

/** A default that the file gives, as its descriptor writes it. */
function defaultOf(text: string, shape: Shape): unknown {
  switch (shape.kind) {
    case "boolean":
      return text === "true";
    case "bytes":
      return bytesText(text);
    case "string":
    case "enum":
    case "int64":
    case "uint64":
      return text;
    default:
      return { inf: "Infinity", "-inf": "-Infinity", nan: "NaN" }[text] ?? Number(text);
  }
}

/** Escapes of C to base64. */
function bytesText(text: string): string {
  const characters = text.replace(/\\(?:([0-7]{3})|(.))/gsu, (_, octal?: string, one = "") => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return { n: "\n", r: "\r", t: "\t" }[one as string] ?? one;
  });
  return btoa(characters);
}
