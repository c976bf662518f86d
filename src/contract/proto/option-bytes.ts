/** Values of options as protobuf, in the order in which `buf` has them. */
import type { FieldDescriptor } from "./file-descriptor.ts";
import {
  isPackable,
  isRepeated,
  type OptionField,
  type OptionMessage,
  type OptionValue,
} from "./option-message.ts";
import { WireWriter, wireTypes } from "./wire-writer.ts";

/** What the encoder asks about a field that its descriptor does not say. */
export interface WireRules {
  isPacked(field: FieldDescriptor): boolean;
  isDelimited(field: FieldDescriptor): boolean;
}

export function encodeOption(message: OptionMessage, rules: WireRules): Uint8Array {
  const writer = new WireWriter();
  writeOption(writer, message, rules);
  return writer.finish();
}

/** Only what is in `fields`, by number. */
export function encodeOptionFields(fields: readonly OptionField[], rules: WireRules): Uint8Array {
  const writer = new WireWriter();
  const sorted = fields.toSorted((a, b) => a.field.number - b.field.number);
  for (const field of sorted) writeField(writer, field, rules);
  return writer.finish();
}

function writeOption(writer: WireWriter, message: OptionMessage, rules: WireRules): void {
  const sorted = [...message.fields.values()].toSorted(
    (a, b) => rank(a.field) - rank(b.field) || a.field.number - b.field.number,
  );
  for (const field of sorted) writeField(writer, field, rules);
}

/** Extensions, then fields, then those of oneofs, as the Go library writes what it knows by descriptors only. */
function rank({ extendee, oneofIndex, proto3Optional }: FieldDescriptor): number {
  if (extendee !== undefined) return -1;
  return oneofIndex === undefined || proto3Optional === true ? 0 : 1 + oneofIndex;
}

function writeField(writer: WireWriter, option: OptionField, rules: WireRules): void {
  const { field } = option;
  const values = mapEntries(option.values);
  const { number } = field;
  if (isRepeated(field) && isPackable(field.type) && rules.isPacked(field)) {
    writer.tag(number, wireTypes.bytes);
    writer.sized(() => {
      for (const value of values) writeScalar(writer, field, value);
    });
    return;
  }
  for (const value of values) {
    if (value.kind !== "message") {
      writer.tag(number, wireTypeOf(field));
      writeScalar(writer, field, value);
    } else if (rules.isDelimited(field) && value.value.type.options?.mapEntry !== true) {
      writer.tag(number, wireTypes.open);
      writeOption(writer, value.value, rules);
      writer.tag(number, wireTypes.close);
    } else {
      writer.tag(number, wireTypes.bytes);
      writer.sized(() => writeOption(writer, value.value, rules));
    }
  }
}

/** Entries of a map by their keys, of two with one key the last; all other values as they are. */
function mapEntries(values: readonly OptionValue[]): readonly OptionValue[] {
  const [first] = values;
  if (first?.kind !== "message" || first.value.type.options?.mapEntry !== true) return values;
  const byKey = new Map<string, OptionValue>();
  for (const entry of values) {
    if (entry.kind === "message") byKey.set(String(keyOf(entry.value)), entry);
  }
  return [...byKey.values()].toSorted((a, b) => {
    if (a.kind !== "message" || b.kind !== "message") return 0;
    const [left, right] = [keyOf(a.value), keyOf(b.value)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

function keyOf({ fields }: OptionMessage): string | bigint | number | boolean {
  const [value] = fields.get(1)?.values ?? [];
  if (value === undefined || value.kind === "message") return "";
  // As binary text, whose order is that of the bytes.
  return value.kind === "bytes" ? Buffer.from(value.value).toString("latin1") : value.value;
}

/** Of a scalar or an enum that is not packed. */
export function wireTypeOf({ type }: FieldDescriptor): number {
  switch (type) {
    case "TYPE_DOUBLE":
    case "TYPE_FIXED64":
    case "TYPE_SFIXED64":
      return wireTypes.fixed64;
    case "TYPE_FLOAT":
    case "TYPE_FIXED32":
    case "TYPE_SFIXED32":
      return wireTypes.fixed32;
    case "TYPE_STRING":
    case "TYPE_BYTES":
      return wireTypes.bytes;
    default:
      return wireTypes.varint;
  }
}

function writeScalar(writer: WireWriter, { type }: FieldDescriptor, value: OptionValue): void {
  if (value.kind === "bytes") writer.bytes(value.value);
  else if (value.kind === "boolean") writer.varint32(value.value ? 1 : 0);
  else if (value.kind === "bigint") {
    if (type === "TYPE_FIXED64" || type === "TYPE_SFIXED64") writer.fixed64(value.value);
    else if (type === "TYPE_SINT64") {
      writer.varint64((value.value << 1n) ^ (value.value >> 63n));
    } else writer.varint64(value.value);
  } else if (value.kind === "number") writeNumber(writer, type, value.value);
}

function writeNumber(writer: WireWriter, type: FieldDescriptor["type"], value: number): void {
  if (type === "TYPE_DOUBLE") writer.double(value);
  else if (type === "TYPE_FLOAT") writer.float(value);
  else if (type === "TYPE_FIXED32" || type === "TYPE_SFIXED32") writer.fixed32(value);
  else if (type === "TYPE_SINT32") writer.varint32((value << 1) ^ (value >> 31));
  else if (type === "TYPE_UINT32") writer.varint32(value);
  else writer.int32(value);
}
