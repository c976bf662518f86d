/** For tests: values in the text format of protobuf, written from the shape and not by the codec that is tested. */
import { nanosOf } from "../precise-date.ts";
import { ownValue, type Definitions } from "../shape-check.ts";
import type { Field, ObjectShape, Shape } from "../shape.ts";

export function textFormat(message: ObjectShape, value: object): string {
  return fieldsText(message, value, message.definitions ?? {});
}

function fieldsText(shape: ObjectShape, value: object, definitions: Definitions): string {
  const texts = Object.entries(shape.fields).map(([name, field]) => {
    const given = ownValue(value, name);
    const item = given === undefined && !field.implicit ? field.default : given;
    return item === undefined ? "" : fieldText(field.protoName ?? name, field, item, definitions);
  });
  return texts.join("");
}

function fieldText(name: string, field: Field, value: unknown, definitions: Definitions): string {
  const plain = field.implicit === true || !field.optional;
  return plain
    ? repeatedText(name, field.shape, value, definitions)
    : oneText(name, field.shape, value, definitions);
}

/** Where lists and maps are repeated fields. */
function repeatedText(
  name: string,
  given: Shape,
  value: unknown,
  definitions: Definitions,
): string {
  const shape = target(given, definitions);
  if (shape.kind === "list") {
    const items = value as readonly unknown[];
    return items.map((item) => oneText(name, shape.items, item, definitions)).join("");
  }
  if (shape.kind !== "map") return oneText(name, shape, value, definitions);
  return Object.entries(value as object)
    .map(([key, item]) => {
      const word = shape.keys && shape.keys.kind !== "string" ? key : quoted(Buffer.from(key));
      return `${name} { key: ${word} ${oneText("value", shape.values, item, definitions)}}\n`;
    })
    .join("");
}

function oneText(name: string, given: Shape, value: unknown, definitions: Definitions): string {
  const shape = target(given, definitions);
  const block = (text: string): string => `${name} {\n${text}}\n`;
  switch (shape.kind) {
    case "nullable":
      return block(value === null ? "" : oneText("value", shape.inner, value, definitions));
    case "wrapper":
      return block(oneText("value", shape.inner, value, definitions));
    case "list":
    case "map":
      return block(repeatedText("items", shape, value, definitions));
    case "object":
      return block(fieldsText(shape, value as object, definitions));
    case "oneof": {
      const [variant = "", item] = Object.entries(value as object)[0] ?? [];
      // The variants are those of the shape.
      return block(oneText(variant, shape.variants[variant] as Shape, item, definitions));
    }
    case "timestamp": {
      const date = value as Date;
      const seconds = Math.floor(date.getTime() / 1_000);
      const nanos = (date.getTime() - seconds * 1_000) * 1e6 + nanosOf(date);
      return block(`seconds: ${seconds} nanos: ${nanos}\n`);
    }
    case "json":
      if (shape.as === "struct") return block(structText(value as object));
      return block(shape.as === "list" ? listText(value as readonly unknown[]) : jsonText(value));
    case "string":
      return `${name}: ${quoted(Buffer.from(value as string))}\n`;
    case "bytes":
      return `${name}: ${quoted(value as Uint8Array)}\n`;
    default:
      return `${name}: ${String(value)}\n`;
  }
}

function jsonText(value: unknown): string {
  if (value === null) return "null_value: NULL_VALUE\n";
  if (typeof value === "number") return `number_value: ${value}\n`;
  if (typeof value === "boolean") return `bool_value: ${value}\n`;
  if (typeof value === "string") return `string_value: ${quoted(Buffer.from(value))}\n`;
  if (Array.isArray(value)) return `list_value {\n${listText(value)}}\n`;
  return `struct_value {\n${structText(value as object)}}\n`;
}

function listText(items: readonly unknown[]): string {
  return items.map((item) => `values {\n${jsonText(item)}}\n`).join("");
}

function structText(value: object): string {
  return Object.entries(value)
    .map(
      ([key, item]) => `fields { key: ${quoted(Buffer.from(key))} value {\n${jsonText(item)}} }\n`,
    )
    .join("");
}

function quoted(bytes: Uint8Array): string {
  return `"${Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}"`;
}

function target(shape: Shape, definitions: Definitions): Shape {
  // Each ref names a definition.
  return shape.kind === "ref" ? target(definitions[shape.to] as Shape, definitions) : shape;
}
