/** `enum Color { RED = 0; }` */
import type { EnumDescriptor } from "./file-descriptor.ts";
import { parseCompactOptions, parseOptionStatement } from "./parse-option.ts";
import { int32Max, parseReserved } from "./parse-range.ts";
import { parseInteger } from "./parse-value.ts";
import type { TokenReader } from "./token-reader.ts";

export function parseEnum(reader: TokenReader, path: readonly number[]): EnumDescriptor {
  const first = reader.at;
  reader.take();
  const nameAt = reader.at;
  const name = reader.word("the name of an enum");
  reader.locate([...path, 1], nameAt);
  const element: EnumDescriptor = { name: name.text, value: [] };
  reader.spot(element, { name });
  const open = reader.at;
  reader.expect("{", "after the name of an enum");
  while (!reader.tryTake("}")) {
    if (reader.tryTake(";")) continue;
    if (reader.looksAt("option") && !reader.looksAt("=", 1)) {
      parseOptionStatement(reader, element, [...path, 3]);
    } else if (reader.looksAt("reserved") && !reader.looksAt("=", 1)) {
      const [rangePath, namePath] = [
        [...path, 4],
        [...path, 5],
      ];
      parseReserved(reader, { element, rangePath, namePath, kind: "enum" });
    } else parseEnumValue(reader, element, [...path, 2, element.value.length]);
  }
  reader.locate(path, first, { comments: [first, open] });
  return element;
}

function parseEnumValue(reader: TokenReader, owner: EnumDescriptor, path: readonly number[]): void {
  const first = reader.at;
  const name = reader.word(`a value of the enum or "}"`);
  reader.locate([...path, 1], first);
  reader.expect("=", "after the name of a value");
  const numberAt = reader.at;
  const number = reader.next;
  const sign = reader.tryTake("-") ? -1 : 1;
  if (reader.next.kind !== "int") {
    throw reader.expected("a whole number", `number the values: ${name.text} = 1;`);
  }
  const value = Number(parseInteger(reader.take().text)) * sign;
  if (value > int32Max || value < -int32Max - 1) {
    throw reader.refuse(
      number,
      `expected a number from ${-int32Max - 1} to ${int32Max}, found ${value}`,
      "choose one that fits into 32 bits",
    );
  }
  // Minus zero is written as 0.
  const element = { name: name.text, number: value === 0 ? 0 : value };
  owner.value.push(element);
  reader.spot(element, { name, number });
  reader.locate([...path, 2], numberAt);
  parseCompactOptions(reader, element, [...path, 3]);
  reader.expect(";", "after a value of an enum");
  reader.locate(path, first, { comments: [first, reader.at - 1] });
}
