/** Scalars of options: whether what is written fits the type of the field, and what it is. */
import type { FieldDescriptor, FieldType } from "./file-descriptor.ts";
import type { LinkContext } from "./link-context.ts";
import type { OptionValue } from "./option-message.ts";
import type { ScalarNode, ValueNode } from "./parsed-file.ts";
import { quoted } from "./proto-error.ts";

export interface ScalarPlace {
  readonly context: LinkContext;
  readonly field: FieldDescriptor;
  /** The numbers of the values, when the field is an enum. */
  readonly enumValues?: ReadonlyMap<string, number>;
  /** Inside of `{ ... }` more is allowed than behind `option`. */
  readonly inMessage: boolean;
}

export function scalarOption(node: ValueNode, place: ScalarPlace): OptionValue {
  if (node.kind === "message" || node.kind === "list") throw wrongValue(node, place);
  switch (place.field.type) {
    case "TYPE_BOOL":
      return { kind: "boolean", value: boolOf(node, place) };
    case "TYPE_STRING":
    case "TYPE_BYTES":
      return { kind: "bytes", value: bytesOf(node, place) };
    case "TYPE_DOUBLE":
    case "TYPE_FLOAT":
      return { kind: "number", value: floatOf(node, place) };
    case "TYPE_ENUM":
      return { kind: "number", value: enumOf(node, place) };
    default:
      return integerOf(node, place);
  }
}

/** What the type of a field accepts, in the words of errors. */
export function wantedBy({ field, enumValues }: ScalarPlace): string {
  switch (field.type) {
    case "TYPE_BOOL":
      return "true or false";
    case "TYPE_STRING":
    case "TYPE_BYTES":
      return "a string";
    case "TYPE_DOUBLE":
    case "TYPE_FLOAT":
      return "a number";
    case "TYPE_ENUM":
      return `one of ${[...(enumValues?.keys() ?? [])].slice(0, 8).join(", ")}`;
    case "TYPE_MESSAGE":
    case "TYPE_GROUP":
      return "a message, { ... }";
    default: {
      const [min, max] = bounds(field.type);
      return `a whole number from ${min} to ${max}`;
    }
  }
}

export function wrongValue(node: ValueNode, place: ScalarPlace): Error {
  const { context, field } = place;
  const { tokens } = context.parsed;
  const found = tokens.slice(node.first, node.last + 1).map(({ text }) => text);
  return context.refuse(
    tokens[node.first] ?? node.token,
    `expected ${wantedBy(place)} for ${field.name}, found ${quoted(found.slice(0, 8).join(""))}`,
    "write a value of its type",
  );
}

function boolOf(node: ScalarNode, place: ScalarPlace): boolean {
  if (node.kind === "word" && !node.negative) {
    const { text } = node;
    if (text === "true" || (place.inMessage && (text === "t" || text === "True"))) return true;
    if (text === "false" || (place.inMessage && (text === "f" || text === "False"))) return false;
  }
  if (node.kind === "int" && place.inMessage && (node.value === 0n || node.value === 1n)) {
    return node.value === 1n;
  }
  throw wrongValue(node, place);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function bytesOf(node: ScalarNode, place: ScalarPlace): Uint8Array {
  if (node.kind !== "string") throw wrongValue(node, place);
  if (place.field.type === "TYPE_STRING") {
    try {
      utf8.decode(node.bytes);
    } catch {
      // The only thing that can be wrong with it is what this says.
      throw place.context.refuse(
        node.token,
        `expected text in UTF-8 for ${place.field.name}, found other bytes`,
        "correct the escapes, or make the field bytes",
      );
    }
  }
  return node.bytes;
}

function floatOf(node: ScalarNode, place: ScalarPlace): number {
  if (node.kind === "int") return Number(node.value);
  if (node.kind === "float") return node.value;
  if (node.kind === "word") {
    const text = place.inMessage ? node.text.toLowerCase() : node.text;
    const sign = node.negative ? -1 : 1;
    if (text === "inf" || (place.inMessage && text === "infinity")) return sign * Infinity;
    if (text === "nan") return Number.NaN;
  }
  throw wrongValue(node, place);
}

function enumOf(node: ScalarNode, place: ScalarPlace): number {
  if (node.kind === "word" && !node.negative) {
    const number = place.enumValues?.get(node.text);
    if (number !== undefined) return number;
  }
  if (node.kind === "int" && place.inMessage) {
    const value = Number(node.value);
    if (Number.isInteger(value) && value === (value | 0)) return value;
  }
  throw wrongValue(node, place);
}

function integerOf(node: ScalarNode, place: ScalarPlace): OptionValue {
  const { type } = place.field;
  const [min, max] = bounds(type);
  if (node.kind !== "int" || node.value < min || node.value > max) throw wrongValue(node, place);
  if (type?.endsWith("64")) return { kind: "bigint", value: node.value };
  return { kind: "number", value: Number(node.value) };
}

function bounds(type: FieldType | undefined): readonly [min: bigint, max: bigint] {
  switch (type) {
    case "TYPE_UINT32":
    case "TYPE_FIXED32":
      return [0n, 2n ** 32n - 1n];
    case "TYPE_UINT64":
    case "TYPE_FIXED64":
      return [0n, 2n ** 64n - 1n];
    case "TYPE_INT64":
    case "TYPE_SINT64":
    case "TYPE_SFIXED64":
      return [-(2n ** 63n), 2n ** 63n - 1n];
    default:
      return [-(2n ** 31n), 2n ** 31n - 1n];
  }
}
