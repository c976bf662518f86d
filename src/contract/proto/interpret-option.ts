/** One option: its name as a way through messages, and its value at the end of the way. */
import type { FieldDescriptor } from "./file-descriptor.ts";
import type { LinkContext } from "./link-context.ts";
import { encodeOption, type WireRules } from "./option-bytes.ts";
import {
  emptyOption,
  isRepeated,
  type OptionMessage,
  type OptionValue,
  zeroOf,
} from "./option-message.ts";
import { scalarOption, wrongValue } from "./option-scalar.ts";
import type { OptionTypes } from "./option-types.ts";
import type { MessageFieldNode, MessageNode, OptionNode, Span, ValueNode } from "./parsed-file.ts";
import type { Token } from "./tokenizer.ts";

export interface OptionScope {
  readonly context: LinkContext;
  readonly types: OptionTypes;
  readonly rules: WireRules;
  /** The full name of the element that has the option: names of extensions are looked up from it. */
  readonly scope: string;
}

/** Numbers of fields, and places in lists, from the options down to what an option sets. */
export interface OptionPlace extends Span {
  readonly path: readonly number[];
  /** For the value as a whole, not for something inside of a literal. */
  readonly whole: boolean;
  readonly repeated: boolean;
}

/** Sets what the option says in `root`; answers where, and where the parts of a literal are. */
export function interpretOption(
  option: OptionNode,
  root: OptionMessage,
  scope: OptionScope,
): readonly OptionPlace[] {
  let message = root;
  const path: number[] = [];
  const { first, last } = option;
  const places: OptionPlace[] = [];
  for (const [index, part] of option.name.entries()) {
    const field = part.extension
      ? extensionField(part.text, message, { ...scope, token: part.token })
      : plainField(part.text, message, { ...scope, token: part.token });
    path.push(field.number);
    if (index === option.name.length - 1) {
      const inner = { ...scope, token: part.token };
      const at = setField(message, field, { ...inner, node: option.value });
      if (isRepeated(field)) path.push(at);
      places.push({ path, first, last, whole: true, repeated: isRepeated(field) });
      if (!isRepeated(field) && option.value.kind === "message") {
        pushPlaces(option.value, field, { ...inner, path, places });
      }
      break;
    }
    message = stepInto(message, field, { ...scope, token: part.token });
  }
  return places;
}

interface Places extends At {
  readonly path: readonly number[];
  readonly places: OptionPlace[];
}

/** Of what a literal sets; repeated messages are noted, but not looked into. */
function pushPlaces(node: MessageNode, field: FieldDescriptor, scope: Places): void {
  const { path, places, types } = scope;
  const fullName = field.typeName?.slice(1) ?? "";
  const type = types.message(fullName);
  if (type === undefined) return;
  const counts = new Map<number, number>();
  for (const { name, form, token, value, first, last } of node.fields) {
    if (form === "any") continue;
    const inner = literalField({ name, form }, emptyOption(type, fullName), { ...scope, token });
    const count = counts.get(inner.number) ?? 0;
    const here = [...path, inner.number];
    if (!isRepeated(inner)) {
      if (value.kind === "message") pushPlaces(value, inner, { ...scope, path: here });
      else places.push({ path: here, first, last, whole: false, repeated: false });
      continue;
    }
    // A list of several is one place.
    if (value.kind === "list" && value.items.length === 0) continue;
    places.push({ path: [...here, count], first, last, whole: false, repeated: true });
    counts.set(inner.number, count + 1);
  }
}

interface At extends OptionScope {
  readonly token: Token;
}

function plainField(name: string, message: OptionMessage, at: At): FieldDescriptor {
  const { context, types, token } = at;
  const field = types.field(message.type, name);
  if (field !== undefined && name !== "uninterpreted_option") return field;
  throw context.refuse(
    token,
    `expected a field of ${message.fullName}, found "${name}"`,
    "correct the name; custom options stand in parentheses",
  );
}

function extensionField(
  name: string,
  message: OptionMessage,
  { context, types, scope, token }: At,
): FieldDescriptor {
  const field = types.extension(name, message.fullName, scope);
  if (field !== undefined) return field;
  throw context.refuse(
    token,
    `expected an extension of ${message.fullName}, found "${name}"`,
    "declare it or import its file",
  );
}

function stepInto(message: OptionMessage, field: FieldDescriptor, at: At): OptionMessage {
  const type = field.typeName === undefined ? undefined : at.types.message(field.typeName);
  if (type === undefined || isRepeated(field)) {
    const what = isRepeated(field) ? "is repeated" : "is no message";
    throw at.context.refuse(
      at.token,
      `expected a message in front of ".", found ${field.name}, which ${what}`,
      "set the whole option",
    );
  }
  const [value] = message.fields.get(field.number)?.values ?? [];
  if (value?.kind === "message") return value.value;
  const inner = emptyOption(type, field.typeName?.slice(1) ?? "");
  message.fields.set(field.number, { field, values: [{ kind: "message", value: inner }] });
  return inner;
}

interface Setting extends At {
  readonly node: ValueNode;
  readonly inMessage?: boolean;
}

/** Answers the place in the list, when the field is repeated. */
function setField(message: OptionMessage, field: FieldDescriptor, setting: Setting): number {
  const { context, node, token, inMessage = false } = setting;
  const there = message.fields.get(field.number);
  const repeated = isRepeated(field);
  const sibling = oneofSibling(message, field);
  if ((there !== undefined && !repeated) || sibling !== undefined) {
    const name = sibling === undefined ? field.name : `${sibling.name} of the same oneof`;
    throw context.refuse(
      token,
      `expected ${field.name} once, found it although ${name} is set`,
      "remove one",
    );
  }
  const values = there?.values ?? [];
  const at = values.length;
  if (node.kind === "list" && repeated && inMessage) {
    for (const item of node.items) values.push(valueOf(item, field, setting));
  } else values.push(valueOf(node, field, setting));
  // An empty list says nothing.
  if (values.length > 0) message.fields.set(field.number, { field, values });
  return at;
}

/** The field of the same oneof that is set already. */
function oneofSibling(message: OptionMessage, field: FieldDescriptor): FieldDescriptor | undefined {
  if (field.oneofIndex === undefined || field.extendee !== undefined) return undefined;
  const other = message.oneofs.get(field.oneofIndex);
  message.oneofs.set(field.oneofIndex, field);
  return other === field ? undefined : other;
}

function valueOf(node: ValueNode, field: FieldDescriptor, setting: Setting): OptionValue {
  const { context, types, inMessage = false } = setting;
  if (field.type !== "TYPE_MESSAGE" && field.type !== "TYPE_GROUP") {
    const enumValues = types.enumValues(field);
    return scalarOption(node, { context, field, inMessage, ...(enumValues && { enumValues }) });
  }
  const type = field.typeName === undefined ? undefined : types.message(field.typeName);
  if (node.kind !== "message" || type === undefined) {
    throw wrongValue(node, { context, field, inMessage });
  }
  const value = emptyOption(type, field.typeName?.slice(1) ?? "");
  fillMessage(value, node, setting);
  if (type.options?.mapEntry === true) completeEntry(value, types);
  return { kind: "message", value };
}

function fillMessage(message: OptionMessage, node: MessageNode, scope: OptionScope): void {
  const any = node.fields.find(({ form }) => form === "any");
  if (any !== undefined) {
    fillAny(message, node, { ...scope, any });
    return;
  }
  for (const { name, form, token, value } of node.fields) {
    const at = { ...scope, token };
    const field = literalField({ name, form }, message, at);
    setField(message, field, { ...at, node: value, inMessage: true });
  }
}

function literalField(
  { name, form }: Pick<MessageFieldNode, "name" | "form">,
  message: OptionMessage,
  at: At,
): FieldDescriptor {
  // In brackets a name is a full one.
  if (form === "extension") return extensionField(`.${name}`, message, at);
  return plainField(name, message, at);
}

/** An entry of a map always has both, whatever was written. */
function completeEntry({ type, fields }: OptionMessage, types: OptionTypes): void {
  for (const field of type.field) {
    if (fields.has(field.number)) continue;
    const message = field.typeName === undefined ? undefined : types.message(field.typeName);
    const value: OptionValue =
      message === undefined
        ? zeroOf(field)
        : { kind: "message", value: emptyOption(message, field.typeName?.slice(1) ?? "") };
    fields.set(field.number, { field, values: [value] });
  }
}

/** `[type.googleapis.com/a.B] { ... }`: the message itself, written into an Any. */
function fillAny(
  message: OptionMessage,
  node: MessageNode,
  scope: OptionScope & { readonly any: MessageFieldNode },
): void {
  const { any, context, types, rules } = scope;
  const fullName = any.name.slice(any.name.lastIndexOf("/") + 1);
  const type = types.message(fullName);
  const isAny = message.fullName === "google.protobuf.Any";
  const { value: literal } = any;
  if (!isAny || node.fields.length > 1 || type === undefined || literal.kind !== "message") {
    throw context.refuse(
      any.token,
      `expected a known message alone in a google.protobuf.Any, found "${any.name}"`,
      "import the file of the message, and write nothing beside it",
    );
  }
  const inner = emptyOption(type, fullName);
  fillMessage(inner, literal, scope);
  const [urlField, valueField] = message.type.field;
  if (urlField === undefined || valueField === undefined) return;
  const url = new TextEncoder().encode(any.name);
  message.fields.set(1, { field: urlField, values: [{ kind: "bytes", value: url }] });
  const value = encodeOption(inner, rules);
  if (value.length > 0) {
    message.fields.set(2, { field: valueField, values: [{ kind: "bytes", value }] });
  }
}
