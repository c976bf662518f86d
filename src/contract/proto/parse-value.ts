/** Values of options: scalars, lists and messages in the text format of protobuf. */
import type { MessageFieldNode, MessageNode, ScalarNode, ValueNode } from "./parsed-file.ts";
import { readStringLiteral } from "./string-literal.ts";
import type { TokenReader } from "./token-reader.ts";

/** What stands behind `=` of an option. */
export function parseOptionValue(reader: TokenReader): ValueNode {
  return reader.looksAt("{") ? parseMessageValue(reader, "}") : parseScalar(reader);
}

/** A name, a number or a string; `what` says for an error what was expected. */
export function parseScalar(reader: TokenReader, what = "a value"): ScalarNode {
  const first = reader.at;
  const negative = reader.tryTake("-");
  const token = reader.next;
  const { kind, text } = token;
  if (kind === "string" && !negative) return parseStrings(reader);
  if (kind === "word") {
    reader.take();
    return { kind, text, negative, token, first, last: reader.at - 1 };
  }
  if (kind === "int" || kind === "float") {
    reader.take();
    const span = { token, first, last: reader.at - 1 };
    if (kind === "int") {
      const value = parseInteger(text);
      return { kind, value: negative ? -value : value, ...span };
    }
    const value = Number.parseFloat(text);
    return { kind, value: negative ? -value : value, ...span };
  }
  throw reader.expected(what, "write a name, a number, a string or { ... }");
}

/** Strings that follow each other are one. */
export function parseStrings(reader: TokenReader): ScalarNode & { readonly kind: "string" } {
  const first = reader.at;
  const token = reader.next;
  const parts: Uint8Array[] = [];
  while (reader.next.kind === "string") parts.push(readStringLiteral(reader.source, reader.take()));
  return { kind: "string", bytes: Buffer.concat(parts), token, first, last: reader.at - 1 };
}

/** Decimal, 0x hexadecimal or 0 octal. */
export function parseInteger(text: string): bigint {
  return BigInt(/^0[0-7]/.test(text) ? `0o${text.slice(1)}` : text);
}

function parseMessageValue(reader: TokenReader, close: "}" | ">"): MessageNode {
  const first = reader.at;
  const token = reader.take();
  const fields: MessageFieldNode[] = [];
  reader.nested(() => {
    while (!reader.looksAt(close)) {
      fields.push(parseMessageField(reader, close));
      if (!reader.tryTake(",")) reader.tryTake(";");
    }
  });
  reader.take();
  return { kind: "message", token, fields, first, last: reader.at - 1 };
}

function parseMessageField(reader: TokenReader, close: string): MessageFieldNode {
  const first = reader.at;
  const token = reader.next;
  let form: MessageFieldNode["form"] = "field";
  let name: string;
  if (reader.tryTake("[")) {
    name = reader.dottedName("the name of an extension", { absolute: false });
    form = reader.tryTake("/") ? "any" : "extension";
    if (form === "any") {
      name += `/${reader.dottedName("the name of a message", { absolute: false })}`;
    }
    reader.expect("]", "after the name in brackets");
  } else if (reader.next.kind === "word") name = reader.take().text;
  else throw reader.expected(`a field or "${close}"`, `close the message with "${close}"`);
  const value = parseFieldValue(reader, reader.tryTake(":"));
  return { name, form, token, value, first, last: reader.at - 1 };
}

function parseFieldValue(reader: TokenReader, colon: boolean): ValueNode {
  if (reader.looksAt("{")) return parseMessageValue(reader, "}");
  if (reader.looksAt("<")) return parseMessageValue(reader, ">");
  if (reader.looksAt("[")) return parseList(reader, colon);
  // Only in front of a message may the colon be left out.
  if (!colon) throw reader.expected(`":" after the name of a field`, 'write "name: value"');
  return parseScalar(reader);
}

function parseList(reader: TokenReader, colon: boolean): ValueNode {
  const first = reader.at;
  const token = reader.take();
  const items: ValueNode[] = [];
  while (!reader.looksAt("]")) {
    if (items.length > 0) reader.expect(",", "between the items of a list");
    if (reader.looksAt("[")) throw reader.expected("an item", "a list has no lists inside");
    items.push(parseFieldValue(reader, colon));
  }
  reader.take();
  return { kind: "list", token, items, first, last: reader.at - 1 };
}
