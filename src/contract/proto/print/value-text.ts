/** Values of options as protobuf's text format has them. */
import { escapeBytes } from "../escape-bytes.ts";
import type { FieldDescriptor } from "../file-descriptor.ts";
import type { OptionMessage, OptionValue } from "../option-message.ts";
import type { ProtoPage } from "./proto-page.ts";

/** A message has one line for each field. */
export function valueLines(page: ProtoPage, field: FieldDescriptor, value: OptionValue): string[] {
  if (value.kind !== "message") return [scalarText(page, field, value)];
  const inside = parts(page, value.value).flatMap(({ name, field: inner, value: held }) => {
    const [first = "", ...more] = valueLines(page, inner, held);
    return [`${name}${held.kind === "message" ? "" : ":"} ${first}`, ...more];
  });
  return inside.length === 0 ? ["{}"] : ["{", ...inside.map((line) => `  ${line}`), "}"];
}

/** On one line. */
export function valueInline(page: ProtoPage, field: FieldDescriptor, value: OptionValue): string {
  if (value.kind !== "message") return scalarText(page, field, value);
  const inside = parts(page, value.value).map(({ name, field: inner, value: held }) => {
    return `${name}: ${valueInline(page, inner, held)}`;
  });
  return inside.length === 0 ? "{}" : `{ ${inside.join(", ")} }`;
}

interface Part {
  readonly name: string;
  readonly field: FieldDescriptor;
  readonly value: OptionValue;
}

function parts({ index }: ProtoPage, { fields }: OptionMessage): Part[] {
  return [...fields.values()].flatMap(({ field, values }) => {
    const isExtension = field.extendee !== undefined;
    const name = isExtension ? `[${index.extensionName(field)}]` : field.name;
    return values.map((value) => ({ name, field, value }));
  });
}

function scalarText(
  { index }: ProtoPage,
  { type, typeName = "" }: FieldDescriptor,
  value: Exclude<OptionValue, { readonly kind: "message" }>,
): string {
  if (value.kind === "bytes") {
    if (type === "TYPE_BYTES") return `"${escapeBytes(value.value)}"`;
    return JSON.stringify(new TextDecoder().decode(value.value));
  }
  if (type === "TYPE_ENUM") {
    const known = index.enum(typeName.slice(1))?.value;
    return known?.find(({ number }) => number === value.value)?.name ?? String(value.value);
  }
  return value.kind === "number" ? numberText(value.value) : String(value.value);
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? "-0.0" : String(value);
}
