/** `[default = 5, json_name = "x"]`: written as options, but properties of the field itself. */
import { escapeBytes } from "./escape-bytes.ts";
import type { FieldDescriptor } from "./file-descriptor.ts";
import type { LinkContext } from "./link-context.ts";
import { isRepeated, type OptionValue } from "./option-message.ts";
import { scalarOption } from "./option-scalar.ts";
import type { OptionTypes } from "./option-types.ts";
import type { OptionNode } from "./parsed-file.ts";

interface Place {
  readonly context: LinkContext;
  readonly types: OptionTypes;
}

/** Sets it; answers the number that the property has in a field, or undefined for a real option. */
export function pseudoOption(
  node: OptionNode,
  field: FieldDescriptor,
  place: Place,
): number | undefined {
  const [part, ...others] = node.name;
  if (part === undefined || part.extension || others.length > 0) return undefined;
  if (part.text === "json_name") {
    setJsonName(node, field, place.context);
    return 10;
  }
  if (part.text !== "default") return undefined;
  setDefault(node, field, place);
  return 7;
}

function setJsonName(node: OptionNode, field: FieldDescriptor, context: LinkContext): void {
  const [part] = node.name;
  const { value } = node;
  if (part === undefined) return;
  const refuse = (rule: string, advice: string): Error => context.refuse(part.token, rule, advice);
  if (value.kind !== "string") {
    throw refuse(`expected a string for json_name of ${field.name}, found none`, "quote it");
  }
  if (field.extendee !== undefined) {
    throw refuse("expected no json_name for an extension, found one", "remove it");
  }
  const name = Buffer.from(value.bytes).toString();
  if (name.includes("\0") || (name.startsWith("[") && name.endsWith("]"))) {
    throw refuse(`expected a json_name without brackets and zeros, found "${name}"`, "rename it");
  }
  field.jsonName = name;
}

function setDefault(node: OptionNode, field: FieldDescriptor, { context, types }: Place): void {
  const [part] = node.name;
  if (part === undefined) return;
  const refuse = (rule: string, advice: string): Error => context.refuse(part.token, rule, advice);
  if (context.parsed.syntax === "proto3") {
    throw refuse("expected no default in proto3, found one", "remove it: zero is the default");
  }
  if (isRepeated(field)) {
    throw refuse("expected no default for a repeated field, found one", "remove it");
  }
  if (field.type === "TYPE_MESSAGE" || field.type === "TYPE_GROUP") {
    throw refuse("expected no default for a message, found one", "remove it");
  }
  if (field.defaultValue !== undefined) {
    throw refuse("expected one default, found a second one", "remove one");
  }
  const enumValues = types.enumValues(field);
  const place = { context, field, inMessage: false, ...(enumValues && { enumValues }) };
  const value = scalarOption(node.value, place);
  const isEnum = field.type === "TYPE_ENUM" && node.value.kind === "word";
  field.defaultValue = isEnum ? node.value.text : defaultText(value, field);
}

/** As descriptors have it, in the manner of C. */
function defaultText(value: OptionValue, { type }: FieldDescriptor): string {
  if (value.kind === "bytes") {
    return type === "TYPE_BYTES" ? escapeBytes(value.value) : Buffer.from(value.value).toString();
  }
  if (value.kind !== "number") return String(value.value);
  if (type === "TYPE_FLOAT") return floatText(Math.fround(value.value));
  return type === "TYPE_DOUBLE" ? floatText(value.value) : String(value.value);
}

/** `1e+06`, `inf`: as Go has it, the shortest text that is the same number, with an exponent beyond six digits. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return String(value);
  const sign = exponent < 0 ? "-" : "+";
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
