/** `message Person { ... }` and everything that may stand in it; `extend` too, which stands anywhere. */
import type { FieldDescriptor, MessageDescriptor } from "./file-descriptor.ts";
import { parseEnum } from "./parse-enum.ts";
import { parseField, type FieldPlace } from "./parse-field.ts";
import { parseCompactOptions, parseOptionStatement } from "./parse-option.ts";
import { parseRanges, parseReserved } from "./parse-range.ts";
import type { TokenReader } from "./token-reader.ts";

export function parseMessage(reader: TokenReader, path: readonly number[]): MessageDescriptor {
  const first = reader.at;
  reader.take();
  const nameAt = reader.at;
  const name = reader.word("the name of a message");
  reader.locate([...path, 1], nameAt);
  const message: MessageDescriptor = {
    name: name.text,
    field: [],
    nestedType: [],
    enumType: [],
    oneofDecl: [],
  };
  reader.spot(message, { name });
  const open = reader.at;
  if (!reader.looksAt("{")) reader.expect("{", "after the name of a message");
  parseMessageBody(reader, message, path);
  reader.locate(path, first, { comments: [first, open] });
  return message;
}

/** From `{` to `}`. */
function parseMessageBody(
  reader: TokenReader,
  message: MessageDescriptor,
  path: readonly number[],
): void {
  reader.take();
  const place: FieldPlace = {
    fields: message.field,
    path: [...path, 2],
    nested: message.nestedType,
    nestedPath: [...path, 3],
    parseBody: parseMessageBody,
  };
  reader.nested(() => {
    while (!reader.looksAt("}")) parseMember(reader, message, { path, place });
  });
  reader.take();
}

interface MessagePlace {
  readonly path: readonly number[];
  readonly place: FieldPlace;
}

function parseMember(
  reader: TokenReader,
  message: MessageDescriptor,
  { path, place }: MessagePlace,
): void {
  if (reader.tryTake(";")) return;
  // `message.Inner x = 1;` is a field of a type that begins with such a word.
  const word = reader.next.kind === "word" && !reader.looksAt(".", 1) ? reader.next.text : "";
  if (word === "message") {
    message.nestedType.push(parseMessage(reader, [...path, 3, message.nestedType.length]));
  } else if (word === "enum") {
    message.enumType.push(parseEnum(reader, [...path, 4, message.enumType.length]));
  } else if (word === "extend") {
    const extensions = (message.extension ??= []);
    parseExtend(reader, extensions, { ...place, path: [...path, 6] });
  } else if (word === "extensions") parseExtensions(reader, message, [...path, 5]);
  else if (word === "reserved") {
    const [rangePath, namePath] = [
      [...path, 9],
      [...path, 10],
    ];
    parseReserved(reader, { element: message, rangePath, namePath, kind: "message" });
  } else if (word === "option") parseOptionStatement(reader, message, [...path, 7]);
  else if (word === "oneof") parseOneof(reader, message, { path, place });
  else if (reader.next.kind === "word" || reader.looksAt(".")) parseField(reader, place);
  else throw reader.expected(`a field or "}"`, 'close the message with "}"');
}

/** `extend Target { string note = 100; }` */
export function parseExtend(
  reader: TokenReader,
  fields: FieldDescriptor[],
  place: Omit<FieldPlace, "parseBody" | "fields">,
): void {
  const first = reader.at;
  reader.take();
  const at = reader.at;
  const token = reader.next;
  const name = reader.dottedName("the name of a message");
  const open = reader.at;
  reader.expect("{", "after the message that is extended");
  const extendee = { name, token, at };
  const own: FieldPlace = { ...place, fields, extendee, parseBody: parseMessageBody };
  const before = fields.length;
  while (!reader.looksAt("}")) {
    if (!reader.tryTake(";")) parseField(reader, own);
  }
  if (fields.length === before) {
    throw reader.expected("a field that is added", "name at least one field in an extend");
  }
  reader.take();
  reader.locate(place.path, first, { comments: [first, open] });
}

function parseExtensions(
  reader: TokenReader,
  message: MessageDescriptor,
  path: readonly number[],
): void {
  const first = reader.at;
  const keyword = reader.take();
  if (reader.syntax === "proto3") {
    throw reader.refuse(
      keyword,
      "expected no extensions in proto3, found some",
      "use google.protobuf.Any, or an edition",
    );
  }
  const ranges = (message.extensionRange ??= []);
  const added = parseRanges(reader, { ranges, path, kind: "message", keyword });
  const optionsAt = reader.at;
  const [range] = added;
  if (range !== undefined && reader.looksAt("[")) {
    const index = ranges.length - added.length;
    parseCompactOptions(reader, range, [...path, index, 3]);
    // What is said once holds for every range of the statement.
    const options = reader.options.get(range) ?? [];
    for (const [offset, other] of added.entries()) {
      if (offset === 0) continue;
      for (const option of options) reader.addOption(other, option);
      reader.locate([...path, index + offset, 3], optionsAt, { options });
    }
  }
  reader.expect(";", "after the extensions");
  for (const _ of added) reader.locate(path, first, { comments: [first, reader.at - 1] });
}

function parseOneof(
  reader: TokenReader,
  message: MessageDescriptor,
  { path: messagePath, place }: MessagePlace,
): void {
  const first = reader.at;
  const oneofIndex = message.oneofDecl.length;
  const path = [...messagePath, 8, oneofIndex];
  reader.take();
  const nameAt = reader.at;
  const name = reader.word("the name of a oneof");
  reader.locate([...path, 1], nameAt);
  const oneof = { name: name.text };
  message.oneofDecl.push(oneof);
  reader.spot(oneof, { name });
  const open = reader.at;
  reader.expect("{", "after the name of a oneof");
  const before = message.field.length;
  while (!reader.looksAt("}")) {
    if (reader.tryTake(";")) continue;
    if (reader.looksAt("option")) parseOptionStatement(reader, oneof, [...path, 2]);
    else if (reader.next.kind === "word" || reader.looksAt(".")) {
      parseField(reader, { ...place, oneofIndex });
    } else throw reader.expected(`a field or "}"`, 'close the oneof with "}"');
  }
  if (message.field.length === before) {
    throw reader.expected("a field", "a oneof has at least one");
  }
  reader.take();
  reader.locate(path, first, { comments: [first, open] });
}
