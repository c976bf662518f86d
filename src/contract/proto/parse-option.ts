/** `option a.(b.c).d = value;`, and the compact ones in brackets. */
import type { OptionNamePart, OptionNode } from "./parsed-file.ts";
import { parseOptionValue } from "./parse-value.ts";
import { nestingMax, type TokenReader } from "./token-reader.ts";

/** The statement `option`, which says something about `element`; `path` is that of its options. */
export function parseOptionStatement(
  reader: TokenReader,
  element: object,
  path: readonly number[],
): void {
  const first = reader.at;
  reader.expect("option", "at the start of an option");
  const option = parseOption(reader);
  reader.expect(";", "after an option");
  const statement = { first, last: reader.at - 1 };
  const node = { ...option, statement };
  reader.addOption(element, node);
  reader.locate(path, first, { options: [node] });
}

/** `[a = 1, (b) = 2]` behind a field, a value of an enum or a range; nothing when there are none. */
export function parseCompactOptions(
  reader: TokenReader,
  element: object,
  path: readonly number[],
): void {
  const first = reader.at;
  if (!reader.tryTake("[")) return;
  const options: OptionNode[] = [];
  do options.push(parseOption(reader));
  while (reader.tryTake(","));
  reader.expect("]", "after the options");
  for (const option of options) reader.addOption(element, option);
  reader.locate(path, first, { options });
}

function parseOption(reader: TokenReader): OptionNode {
  const first = reader.at;
  const name: OptionNamePart[] = [];
  do {
    if (name.length >= nestingMax) {
      throw reader.expected(`at most ${nestingMax} parts in the name of an option`, "nest less");
    }
    name.push(parseNamePart(reader));
  } while (reader.tryTake("."));
  reader.expect("=", "after the name of an option");
  const value = parseOptionValue(reader);
  return { name, value, first, last: reader.at - 1 };
}

function parseNamePart(reader: TokenReader): OptionNamePart {
  const token = reader.next;
  if (!reader.tryTake("(")) {
    return { text: reader.word("the name of an option").text, extension: false, token };
  }
  const text = reader.dottedName("the name of an extension");
  reader.expect(")", "after the name of an extension");
  return { text, extension: true, token };
}
