/** `reserved 1, 5 to 9, 100 to max;`, `reserved "a", "b";` and `extensions 100 to 199;`. */
import { fieldNumberMax } from "../shape.ts";
import type { NumberRange } from "./file-descriptor.ts";
import { parseInteger, parseStrings } from "./parse-value.ts";
import type { TokenReader } from "./token-reader.ts";
import type { Token } from "./tokenizer.ts";

export const int32Max = 0x7fff_ffff;

export interface ReservedPlace {
  readonly element: { reservedRange?: NumberRange[]; reservedName?: string[] };
  readonly rangePath: readonly number[];
  readonly namePath: readonly number[];
  readonly kind: "message" | "enum";
}

export function parseReserved(reader: TokenReader, place: ReservedPlace): void {
  const first = reader.at;
  const keyword = reader.take();
  const names = reader.next.kind === "string" || reader.next.kind === "word";
  const again = names ? place.element.reservedName : place.element.reservedRange;
  if (names) parseReservedNames(reader, place);
  else {
    const ranges = (place.element.reservedRange ??= []);
    parseRanges(reader, { ...place, ranges, path: place.rangePath, keyword });
  }
  reader.expect(";", names ? "after the reserved names" : "after the reserved numbers");
  const path = names ? place.namePath : place.rangePath;
  // As buf has it: the statement itself is noted once for an element.
  if (again === undefined) reader.locate(path, first, { comments: [first, reader.at - 1] });
}

export interface RangesPlace {
  readonly ranges: NumberRange[];
  readonly path: readonly number[];
  readonly kind: "message" | "enum";
  readonly keyword: Token;
}

/** Ranges with commas between them; answers the new ones. */
export function parseRanges(reader: TokenReader, place: RangesPlace): NumberRange[] {
  const { ranges, path, kind } = place;
  const before = ranges.length;
  do {
    const at = [...path, ranges.length];
    const first = reader.at;
    const token = reader.next;
    const start = parseRangeNumber(reader, kind);
    const startEnd = reader.at - 1;
    let end = start;
    let endFirst = first;
    if (reader.tryTake("to")) {
      endFirst = reader.at;
      const max = kind === "enum" ? int32Max : fieldNumberMax;
      end = reader.tryTake("max") ? max : parseRangeNumber(reader, kind);
    }
    if (end < start) {
      throw reader.refuse(
        token,
        `expected a range that ends where it begins or later, found ${start} to ${end}`,
        "write the smaller number first",
      );
    }
    // Only in enums does the end belong to the range.
    const range = { start, end: kind === "enum" ? end : end + 1 };
    ranges.push(range);
    reader.spot(range, { name: token });
    reader.locate(at, first);
    reader.locations.push({ path: [...at, 1], first, last: startEnd });
    reader.locate([...at, 2], endFirst);
  } while (reader.tryTake(","));
  return ranges.slice(before);
}

function parseRangeNumber(reader: TokenReader, kind: "message" | "enum"): number {
  const token = reader.next;
  const negative = kind === "enum" && reader.tryTake("-");
  if (reader.next.kind !== "int") {
    throw reader.expected("a number", 'write ranges like "1, 5 to 9, 100 to max"');
  }
  const value = Number(parseInteger(reader.take().text)) * (negative ? -1 : 1);
  const [min, max] = kind === "enum" ? [-int32Max - 1, int32Max] : [1, fieldNumberMax];
  if (value >= min && value <= max) return value;
  throw reader.refuse(
    token,
    `expected a number from ${min} to ${max}, found ${value}`,
    "change it",
  );
}

function parseReservedNames(reader: TokenReader, { element, namePath }: ReservedPlace): void {
  const names = (element.reservedName ??= []);
  const known = new Set(names);
  do {
    const first = reader.at;
    const { syntax, next } = reader;
    if (syntax === "editions" ? next.kind === "word" : next.kind === "string") {
      const name =
        next.kind === "word"
          ? reader.take().text
          : Buffer.from(parseStrings(reader).bytes).toString();
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        throw reader.refuse(next, `expected the name of a field, found "${name}"`, "correct it");
      }
      if (known.has(name)) {
        throw reader.refuse(next, `expected each name once, found "${name}" again`, "remove it");
      }
      reader.locate([...namePath, names.length], first);
      names.push(name);
      known.add(name);
    } else if (syntax === "editions") {
      throw reader.expected("a reserved name", "editions write it without quotes: reserved a, b;");
    } else throw reader.expected("a reserved name in quotes", 'write: reserved "a", "b";');
  } while (reader.tryTake(","));
}
