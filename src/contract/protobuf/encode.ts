/**
 * A value as protobuf by the plan of its shape: the reference encoder. It is the authority on everything unusual; the
 * code that `code-encode.ts` generates knows well-formed values only.
 *
 * Unlike JSON protobuf cannot say a value of the wrong type, or that a required scalar is missing: such a message is
 * refused here, with the violations that its reader would have named.
 */
import { WireWriter, wireTypes } from "../proto/wire-writer.ts";
import { checkShape, isContainer, isRecord, ownValue } from "../shape-check.ts";
import { depthMax, type ObjectShape } from "../shape.ts";
import { violationError } from "../violations.ts";
import type { FieldPlan, MessagePlan, Plan } from "./plan.ts";
import { isBig, isWritableScalar, isZero, writeScalar, type ScalarPlan } from "./scalars.ts";
import { jsonFields, timestampFields } from "./well-known.ts";

/** @throws {ReefError} `invalid_argument` when the value cannot be said in protobuf */
export function encodeProtobuf(shape: ObjectShape, plan: MessagePlan, value: unknown): Uint8Array {
  const writer = new WireWriter();
  try {
    writeMessage(plan, value, writer, 1);
  } catch (error) {
    if (error !== unwritable) throw error;
    throw violationError("a message for sending", checkShape(shape, value, shape.definitions));
  }
  return writer.finish();
}

/**
 * A message inside of another.
 * @throws anything when it cannot be said
 */
export function encodePart(plan: MessagePlan, value: unknown, depth: number): Uint8Array {
  const writer = new WireWriter();
  writeMessage(plan, value, writer, depth);
  return writer.finish();
}

/** The reason is found by the check of the whole value, which knows the path. */
const unwritable = new Error("A value that protobuf cannot say");

function writeMessage(plan: MessagePlan, value: unknown, to: WireWriter, depth: number): void {
  if (value === undefined) throw unwritable;
  if (depth > depthMax && isContainer(value)) throw unwritable;
  const fields = fieldsOf(plan, value);
  if (!isRecord(fields)) throw unwritable;
  for (const group of plan.groups) {
    if (group.filter(({ name }) => ownValue(fields, name) !== undefined).length > 1) {
      throw unwritable;
    }
  }
  // What only protobuf needs a message for is no level of the value.
  const inside = isLevel(plan) ? depth + 1 : depth;
  for (const field of plan.fields) writeField(field, ownValue(fields, field.name), to, inside);
}

/** Whether the message is something that the value has, too. */
export function isLevel({ form }: MessagePlan): boolean {
  return form === "object";
}

function fieldsOf({ form }: MessagePlan, value: unknown): unknown {
  switch (form) {
    case "object":
      return value;
    case "nullable":
      return value === null ? {} : { value };
    case "wrapper":
      return { value };
    case "items":
      return { items: value };
    case "entry":
      return value;
    case "timestamp":
      return timestampFields(value);
    default:
      return jsonFields(form, value);
  }
}

function writeField(field: FieldPlan, given: unknown, to: WireWriter, depth: number): void {
  const value = given === undefined ? field.unsent() : given;
  if (value === undefined) {
    if (field.required) throw unwritable;
  } else if (field.label === "list") writeList(field, value, to, depth);
  else if (field.label === "map") writeMap(field, value, to, depth);
  else if (!field.implicit || !isImplied(field.value, value)) writeOne(field, value, to, depth);
}

function isImplied(plan: Plan, value: unknown): boolean {
  const words = plan.type === "scalar" ? plan.words : undefined;
  return isZero(words && typeof value === "string" ? words.numbers.get(value) : value);
}

function writeOne(field: FieldPlan, value: unknown, to: WireWriter, depth: number): void {
  const { number, value: plan, delimited } = field;
  if (plan.type === "scalar") {
    to.tag(number, plan.wireType);
    writeChecked(plan, value, to);
  } else if (delimited) {
    to.tag(number, wireTypes.open);
    writeMessage(plan, value, to, depth);
    to.tag(number, wireTypes.close);
  } else {
    to.tag(number, wireTypes.bytes);
    to.sized(() => writeMessage(plan, value, to, depth));
  }
}

function writeChecked(plan: ScalarPlan, value: unknown, to: WireWriter): void {
  if (!isWritableScalar(plan, value)) throw unwritable;
  writeScalar(plan, value, to);
}

function writeList(field: FieldPlan, value: unknown, to: WireWriter, depth: number): void {
  if (!Array.isArray(value) || depth > depthMax) throw unwritable;
  const { value: plan } = field;
  if (plan.type !== "scalar" || !field.packed) {
    // By index, as what is missing in it must not be passed over.
    for (let index = 0; index < value.length; index++) {
      writeOne(field, value[index], to, depth + 1);
    }
  } else if (value.length > 0) {
    to.tag(field.number, wireTypes.bytes);
    to.sized(() => {
      for (let index = 0; index < value.length; index++) writeChecked(plan, value[index], to);
    });
  }
}

function writeMap(field: FieldPlan, value: unknown, to: WireWriter, depth: number): void {
  const { value: entry } = field;
  if (!isRecord(value) || entry.type === "scalar" || depth > depthMax) throw unwritable;
  const [key, item] = entry.fields;
  for (const name of Object.keys(value)) {
    if (value[name] === undefined || !key || !item || key.value.type !== "scalar") continue;
    const word = keyOfText(key.value, name);
    to.tag(field.number, wireTypes.bytes);
    to.sized(() => {
      writeOne(key, word, to, depth + 1);
      writeOne(item, value[name], to, depth + 1);
    });
  }
}

/** A key as protobuf has it; undefined when the text is none. */
export function keyOfText({ coding }: ScalarPlan, text: string): unknown {
  if (coding === "string") return text;
  if (coding === "bool") return text === "true" ? true : text === "false" ? false : undefined;
  if (!wholeNumber.test(text)) return undefined;
  return isBig(coding) ? BigInt(text) : Number(text);
}

/** Twenty digits hold every number of 64 bits. */
const wholeNumber = /^-?\d{1,20}$/u;
