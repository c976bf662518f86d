/** Fields of all kinds: plain ones, maps, groups, those of oneofs and extensions. */
import { fieldNumberMax } from "../shape.ts";
import type { FieldDescriptor, FieldType, MessageDescriptor } from "./file-descriptor.ts";
import { jsonNameOf } from "./json-name.ts";
import { parseCompactOptions } from "./parse-option.ts";
import { parseInteger } from "./parse-value.ts";
import type { TokenReader } from "./token-reader.ts";
import type { Token } from "./tokenizer.ts";

export interface FieldPlace {
  readonly fields: FieldDescriptor[];
  /** Of the list of fields. */
  readonly path: readonly number[];
  /** Where the messages go that maps and groups make. */
  readonly nested: MessageDescriptor[];
  readonly nestedPath: readonly number[];
  readonly oneofIndex?: number;
  readonly extendee?: { readonly name: string; readonly token: Token; readonly at: number };
  /** Reads the body of a group: messages know fields, fields know messages. */
  readonly parseBody: (
    reader: TokenReader,
    message: MessageDescriptor,
    path: readonly number[],
  ) => void;
}

const scalars: ReadonlyMap<string, FieldType> = new Map([
  ["double", "TYPE_DOUBLE"],
  ["float", "TYPE_FLOAT"],
  ["int64", "TYPE_INT64"],
  ["uint64", "TYPE_UINT64"],
  ["int32", "TYPE_INT32"],
  ["fixed64", "TYPE_FIXED64"],
  ["fixed32", "TYPE_FIXED32"],
  ["bool", "TYPE_BOOL"],
  ["string", "TYPE_STRING"],
  ["bytes", "TYPE_BYTES"],
  ["uint32", "TYPE_UINT32"],
  ["sfixed32", "TYPE_SFIXED32"],
  ["sfixed64", "TYPE_SFIXED64"],
  ["sint32", "TYPE_SINT32"],
  ["sint64", "TYPE_SINT64"],
]);

const labels = {
  optional: "LABEL_OPTIONAL",
  required: "LABEL_REQUIRED",
  repeated: "LABEL_REPEATED",
} as const;

export function parseField(reader: TokenReader, place: FieldPlace): void {
  const first = reader.at;
  const noted = reader.locations.length;
  const path = [...place.path, place.fields.length];
  const field: FieldDescriptor = { name: "", number: 0, label: "LABEL_OPTIONAL" };
  const label = parseLabel(reader, field, path);
  if (place.oneofIndex !== undefined) {
    field.oneofIndex = place.oneofIndex;
    if (label !== undefined) {
      throw reader.refuse(
        label,
        `expected a field without a label in a oneof, found "${label.text}"`,
        "remove the label",
      );
    }
  }
  const map = reader.looksAt("map") && reader.looksAt("<", 1);
  const group = reader.looksAt("group") && reader.peek(1).kind === "word";
  refuseLabel(reader, label, { map, place });
  place.fields.push(field);
  const typeAt = reader.at;
  const type = reader.next;
  const entry = map ? parseMapType(reader, label) : undefined;
  if (group) reader.take();
  else if (!map) parseType(reader, field);
  reader.locate([...path, map || field.typeName !== undefined || group ? 6 : 5], typeAt);
  const nameAt = reader.at;
  const name = reader.word("the name of a field");
  field.name = name.text;
  reader.locate([...path, 1], nameAt);
  if (entry !== undefined) pushMapEntry(place, field, entry);
  reader.expect("=", "after the name of a field");
  const number = parseFieldNumber(reader, field, path);
  if (place.extendee !== undefined) {
    field.extendee = place.extendee.name;
    const { at } = place.extendee;
    reader.locations.push({ path: [...path, 2], first: at, last: extendeeEnd(reader, at) });
  }
  reader.spot(field, {
    name,
    number,
    type,
    ...(label && { label }),
    ...(place.extendee && { extendee: place.extendee.token }),
    ...(map && { map }),
  });
  parseCompactOptions(reader, field, [...path, 8]);
  if (group) parseGroup(reader, { field, path, first, noted, nameAt, name, place });
  else {
    reader.expect(";", "after a field");
    reader.locate(path, first, { comments: [first, reader.at - 1] });
  }
}

function parseLabel(
  reader: TokenReader,
  field: FieldDescriptor,
  path: readonly number[],
): Token | undefined {
  const { text } = reader.next;
  if (text !== "optional" && text !== "required" && text !== "repeated") return undefined;
  // A message may be called like a label: `optional.Message x = 1`.
  if (reader.looksAt(".", 1)) return undefined;
  const at = reader.at;
  const token = reader.take();
  field.label = labels[text];
  reader.locate([...path, 4], at);
  return token;
}

function refuseLabel(
  reader: TokenReader,
  label: Token | undefined,
  { map, place }: { map: boolean; place: FieldPlace },
): void {
  const { syntax } = reader;
  if (label === undefined) {
    if (syntax !== "proto2" || map || place.oneofIndex !== undefined) return;
    throw reader.expected(
      `"optional", "required" or "repeated"`,
      "proto2 wants a label; write one, or make the file proto3",
    );
  }
  if (syntax === "proto3" && label.text === "required") {
    throw reader.refuse(label, 'expected no "required" in proto3, found it', "remove the label");
  }
  if (syntax === "editions" && label.text !== "repeated") {
    const feature = label.text === "optional" ? "EXPLICIT" : "LEGACY_REQUIRED";
    throw reader.refuse(
      label,
      `expected no "${label.text}" in an edition, found it`,
      `write [features.field_presence = ${feature}] behind the field`,
    );
  }
}

function parseType(reader: TokenReader, field: FieldDescriptor): void {
  const name = reader.dottedName("the type of a field");
  const scalar = scalars.get(name);
  if (scalar === undefined) field.typeName = name;
  else field.type = scalar;
}

function parseMapType(reader: TokenReader, label: Token | undefined): MessageDescriptor {
  if (label !== undefined) {
    throw reader.refuse(
      label,
      `expected a map without a label, found "${label.text}"`,
      "remove the label",
    );
  }
  reader.take();
  reader.take();
  const key: FieldDescriptor = { name: "key", number: 1, label: "LABEL_OPTIONAL" };
  const value: FieldDescriptor = { name: "value", number: 2, label: "LABEL_OPTIONAL" };
  const keyToken = reader.next;
  parseType(reader, key);
  if (key.type === undefined || ["TYPE_DOUBLE", "TYPE_FLOAT", "TYPE_BYTES"].includes(key.type)) {
    throw reader.refuse(
      keyToken,
      `expected a whole number, bool or string as key of a map, found "${keyToken.text}"`,
      "choose another type",
    );
  }
  reader.expect(",", "between the types of a map");
  const type = reader.next;
  parseType(reader, value);
  reader.expect(">", "after the types of a map");
  reader.spot(key, { name: keyToken, type: keyToken });
  reader.spot(value, { name: type, type });
  return {
    name: "",
    field: [key, value],
    nestedType: [],
    enumType: [],
    oneofDecl: [],
    options: { mapEntry: true },
  };
}

function pushMapEntry(place: FieldPlace, field: FieldDescriptor, entry: MessageDescriptor): void {
  const pascal = jsonNameOf(`_${field.name}`);
  entry.name = `${pascal}Entry`;
  field.label = "LABEL_REPEATED";
  field.typeName = entry.name;
  place.nested.push(entry);
}

function parseFieldNumber(
  reader: TokenReader,
  field: FieldDescriptor,
  path: readonly number[],
): Token {
  const at = reader.at;
  const token = reader.next;
  if (token.kind !== "int") {
    throw reader.expected("the number of a field", `number it: ${field.name} = 1;`);
  }
  reader.take();
  const number = parseInteger(token.text);
  if (number < 1n || number > BigInt(fieldNumberMax)) {
    throw reader.refuse(
      token,
      `expected a field number from 1 to ${fieldNumberMax}, found ${number}`,
      "choose another",
    );
  }
  if (number >= 19000n && number <= 19999n) {
    throw reader.refuse(
      token,
      `expected a field number outside of 19000 to 19999, which protobuf keeps for itself, found ${number}`,
      "choose another",
    );
  }
  field.number = Number(number);
  reader.locate([...path, 3], at);
  return token;
}

interface GroupStart {
  readonly field: FieldDescriptor;
  readonly path: readonly number[];
  readonly first: number;
  /** How many locations there were in front of the field. */
  readonly noted: number;
  readonly nameAt: number;
  readonly name: Token;
  readonly place: FieldPlace;
}

/** A message and a field of it in one: the field has the name in small letters. */
function parseGroup(
  reader: TokenReader,
  { field, path, first, noted, nameAt, name, place }: GroupStart,
): void {
  if (reader.syntax !== "proto2") {
    const advice = "write a message of its own and a field of it";
    throw reader.refuse(name, "expected no group outside of proto2, found one", advice);
  }
  if (!/^[A-Z]/.test(name.text)) {
    throw reader.refuse(
      name,
      `expected the name of a group with a capital letter in front, found "${name.text}"`,
      "rename it",
    );
  }
  const message: MessageDescriptor = {
    name: name.text,
    field: [],
    nestedType: [],
    enumType: [],
    oneofDecl: [],
  };
  field.name = name.text.toLowerCase();
  field.type = "TYPE_GROUP";
  field.typeName = name.text;
  reader.spot(message, { name });
  const messagePath = [...place.nestedPath, place.nested.length];
  place.nested.push(message);
  const open = reader.at;
  if (!reader.looksAt("{")) throw reader.expected('"{" after a group', 'write "{" after a group');
  place.parseBody(reader, message, messagePath);
  const notes = [
    { path, first, last: reader.at - 1 },
    { path: messagePath, first, last: reader.at - 1, comments: [first, open] },
    { path: [...messagePath, 1], first: nameAt, last: nameAt },
  ];
  // At one place, messages of a file stand in front of its extensions, and fields in front of nested messages.
  const before = place.path.length === 1 ? reader.locations.splice(noted) : [];
  if (place.path.length === 1) notes.push(...notes.splice(0, 1));
  reader.locations.push(...notes, ...before);
}

/** Of the dotted name that begins at this place of the list. */
function extendeeEnd(reader: TokenReader, at: number): number {
  const { tokens } = reader;
  let last = at;
  while (tokens[last + 1]?.text !== "{") last += 1;
  return last;
}
