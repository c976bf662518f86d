/** A shape as people read it: one field a line, nested fields indented below. */
import type { Field, ObjectShape, Shape } from "../contract/shape.ts";
import { printable } from "./table.ts";

/** One line of the tree. */
export interface FieldLine {
  /** Indented; a `?` behind a field that may be left out. */
  readonly name: string;
  readonly type: string;
  readonly description: string;
}

/** The fields of a message. A recursive type is shown once and then by its name. */
export function fieldLines(message: ObjectShape): FieldLine[] {
  return objectLines(message, { indent: "", definitions: message.definitions ?? {}, open: [] });
}

interface Place {
  readonly indent: string;
  readonly definitions: { readonly [name: string]: Shape };
  /** Names of the definitions that this place is inside of. */
  readonly open: readonly string[];
}

function objectLines({ fields }: ObjectShape, place: Place): FieldLine[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const { shape } = field;
    const mark = field.optional || "default" in field ? "?" : "";
    const type = `${typeText(shape, place)}${defaultText(field)}`;
    const line = {
      name: `${place.indent}${printable(name)}${mark}`,
      type,
      description: note(shape),
    };
    return [line, ...nestedLines(shape, { ...place, indent: `${place.indent}  ` })];
  });
}

/** What is inside of a shape, whatever it is wrapped into. */
function nestedLines(shape: Shape, place: Place): FieldLine[] {
  if (shape.kind === "object") return objectLines(shape, place);
  if (shape.kind === "list") return nestedLines(shape.items, place);
  if (shape.kind === "map") return nestedLines(shape.values, place);
  if (shape.kind === "nullable") return nestedLines(shape.inner, place);
  if (shape.kind === "wrapper") return [];
  if (shape.kind === "oneof") {
    return Object.entries(shape.variants).flatMap(([name, variant]) => {
      const type = typeText(variant, place);
      const line = { name: `${place.indent}${printable(name)}`, type, description: note(variant) };
      return [line, ...nestedLines(variant, { ...place, indent: `${place.indent}  ` })];
    });
  }
  if (shape.kind !== "ref" || place.open.includes(shape.to)) return [];
  const target = place.definitions[shape.to];
  return target ? nestedLines(target, { ...place, open: [...place.open, shape.to] }) : [];
}

/** `list of string (1 to 5 items)`. */
function typeText(shape: Shape, place: Place): string {
  switch (shape.kind) {
    case "list":
      return `list of ${typeText(shape.items, place)}${range(shape.minItems, shape.maxItems, "items")}`;
    case "map":
      return `map of ${typeText(shape.values, place)}`;
    case "nullable":
      return `${typeText(shape.inner, place)} or null`;
    case "wrapper":
      return typeText(shape.inner, place);
    case "enum":
      return shape.values.map((value) => printable(value)).join(" | ");
    case "oneof":
      return "one of";
    case "ref":
      return printable(shape.to);
    case "string": {
      const pattern = shape.pattern === undefined ? "" : ` like ${printable(shape.pattern)}`;
      return `string${range(shape.minLength, shape.maxLength, "characters")}${pattern}`;
    }
    case "int32":
    case "uint32":
    case "integer":
    case "int64":
    case "uint64":
    case "float":
    case "double":
      return `${shape.kind}${range(shape.minimum, shape.maximum, "")}`;
    case "bytes":
      return `bytes (base64)${range(undefined, shape.maxBytes, "bytes")}`;
    case "timestamp":
      return "timestamp (ISO 8601)";
    case "object":
    case "boolean":
    case "json":
      return shape.kind;
  }
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  const what = unit === "" ? "" : ` ${unit}`;
  if (least !== undefined && most !== undefined) return ` (${least} to ${most}${what})`;
  if (least !== undefined) return ` (at least ${least}${what})`;
  return most === undefined ? "" : ` (at most ${most}${what})`;
}

function defaultText(field: Field): string {
  return "default" in field ? ` = ${printable(JSON.stringify(field.default))}` : "";
}

function note(shape: Shape): string {
  return printable(shape.description ?? "");
}
