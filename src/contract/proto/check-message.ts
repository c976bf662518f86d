/** The rules of messages and their fields. */
import type { FeatureMap } from "./check-file.ts";
import type { FieldDescriptor, MessageDescriptor, NumberRange } from "./file-descriptor.ts";
import type { LinkContext } from "./link-context.ts";
import { rangeOf } from "./number-ranges.ts";
import { isPackable, isRepeated } from "./option-message.ts";

export function checkMessage(
  context: LinkContext,
  message: MessageDescriptor,
  features: FeatureMap,
): void {
  // What the entries of a map look like was decided by us.
  if (message.options?.mapEntry === true) return;
  const taken = takenNumbers(context, message);
  const byNumber = new Map<number, string>();
  const byJsonName = new Map<string, string>();
  for (const field of message.field) {
    const { name, number = name } = context.spots(field);
    const other = byNumber.get(field.number);
    if (other !== undefined) {
      throw context.refuse(
        number,
        `expected a number that is not taken, found ${field.number}, which is that of ${other}`,
        "choose another",
      );
    }
    byNumber.set(field.number, field.name);
    checkReserved(context, field, taken);
    if (features.get(message)?.jsonFormat === "ALLOW") checkJsonName(context, field, byJsonName);
    checkField(context, field, features);
  }
}

/** Of a field or an extension. */
export function checkField(
  context: LinkContext,
  field: FieldDescriptor,
  features: FeatureMap,
): void {
  const { name, type = name } = context.spots(field);
  const { options, typeName } = field;
  if (options?.packed === true && (!isRepeated(field) || !isPackable(field.type))) {
    const rule = `expected "packed" for repeated numbers, found it for ${field.name}`;
    throw context.refuse(name, rule, "remove the option");
  }
  const jstype = options?.["jstype"];
  if (jstype !== undefined && jstype !== "JS_NORMAL" && !field.type?.endsWith("64")) {
    const rule = `expected "jstype" for numbers of 64 bits, found it for ${field.name}`;
    throw context.refuse(name, rule, "remove the option");
  }
  if (options?.["lazy"] === true && field.type !== "TYPE_MESSAGE") {
    const rule = `expected "lazy" for messages, found it for ${field.name}`;
    throw context.refuse(name, rule, "remove the option");
  }
  const target = typeName?.slice(1) ?? "";
  const closed = context.symbols.enum(target);
  const implicit = features.get(field)?.fieldPresence === "IMPLICIT";
  if (closed === undefined || !implicit || field.oneofIndex !== undefined) return;
  if (features.get(closed)?.enumType !== "CLOSED" || isRepeated(field)) return;
  const rule = `expected an open enum for a field without presence, found ${target}, which is closed`;
  throw context.refuse(type, rule, "declare the enum in proto3, or make the field optional");
}

function checkReserved(context: LinkContext, field: FieldDescriptor, taken: Taken): void {
  const { name, number = name } = context.spots(field);
  if (taken.names.has(field.name)) {
    const rule = `expected a name that is not reserved, found "${field.name}"`;
    throw context.refuse(name, rule, "choose another");
  }
  const range = rangeOf(field.number, taken.ranges);
  if (range === undefined) return;
  const what = taken.extensions.has(range) ? "kept for extensions" : "reserved";
  const rule = `expected a number that is not ${what}, found ${field.number}`;
  throw context.refuse(number, rule, "choose another");
}

function checkJsonName(
  context: LinkContext,
  field: FieldDescriptor,
  byJsonName: Map<string, string>,
): void {
  const { jsonName = field.name } = field;
  const other = byJsonName.get(jsonName);
  byJsonName.set(jsonName, field.name);
  if (other === undefined) return;
  const rule = `expected a name of its own in JSON, found "${jsonName}" for ${field.name}, which ${other} has`;
  throw context.refuseElement(field, rule, "rename one, or set its json_name");
}

interface Taken {
  readonly names: ReadonlySet<string>;
  /** By their starts; none of them overlap. */
  readonly ranges: readonly NumberRange[];
  readonly extensions: ReadonlySet<NumberRange>;
}

function takenNumbers(context: LinkContext, message: MessageDescriptor): Taken {
  const { reservedName, reservedRange = [], extensionRange = [] } = message;
  const ranges = [...reservedRange, ...extensionRange].toSorted((a, b) => a.start - b.start);
  for (const [index, range] of ranges.entries()) {
    const before = ranges[index - 1];
    if (before === undefined || before.end <= range.start) continue;
    const rule = `expected ranges apart from each other, found ${range.start} in two of them`;
    throw context.refuseElement(range, rule, "join them");
  }
  return { names: new Set(reservedName), ranges, extensions: new Set(extensionRange) };
}
