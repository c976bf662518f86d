/** The values of one enum. Their order says nothing to anybody. */
import type { EnumShape } from "../shape.ts";
import type { MessageComparison } from "./compare-messages.ts";
import { takenFrom, unmatched } from "./match-numbers.ts";

export interface EnumPair {
  readonly older: EnumShape;
  readonly newer: EnumShape;
  readonly path: string;
}

/**
 * Who knows an enum as closed has no word for another value: its types say that there is none. An open one is read with
 * values that came later.
 */
export function compareEnums(
  comparison: MessageComparison,
  { older, newer, path }: EnumPair,
): void {
  const [was, is] = [numbersOf(older), numbersOf(newer)];
  const renamed = new Map(comparison.numbered ? unmatched(was, is) : []);
  for (const [value, number] of Object.entries(was)) {
    const other = renamed.get(value);
    if (other !== undefined) {
      const text = `calls the value "${value}" "${other}" now, its number ${number} is the same`;
      comparison.tell({
        path,
        text,
        why: "JSON knows it by its name",
        json: "both",
        protobuf: "none",
      });
    } else if (!Object.hasOwn(is, value)) {
      const text = `has the value "${value}" no more`;
      comparison.tell({ path, text, why: "older callers may send it", json: "older" });
    } else if (comparison.numbered && is[value] !== number) {
      const text = `has the number ${is[value]} for the value "${value}", had ${number}`;
      const why = "protobuf knows it by its number";
      comparison.tell({ path, text, why, json: "none", protobuf: "both" });
    }
  }
  const kept = new Set(renamed.values());
  for (const value of Object.keys(is)) {
    if (Object.hasOwn(was, value) || kept.has(value)) continue;
    const why = "older callers have been promised that there is no other";
    const json = isOpen(older) ? "none" : "newer";
    comparison.tell({ path, text: `has the new value "${value}"`, why, json });
  }
  for (const [value, other] of comparison.numbered ? takenFrom(older.reserved, is) : []) {
    const text = `has the number ${is[value]} for the value "${value}", which was that of "${other}"`;
    const why = "a number is never given a second time";
    comparison.tell({ path, text, why, json: "none", protobuf: "both" });
  }
  if (isOpen(older) === isOpen(newer)) return;
  const why = "older callers and services do not agree whether other values may come";
  const json = isOpen(older) ? "older" : "newer";
  comparison.tell({ path, text: isOpen(newer) ? "is open now" : "is closed now", why, json });
}

function isOpen(shape: EnumShape): boolean {
  return shape.open === true;
}

function numbersOf({ values, numbers }: EnumShape): {
  readonly [name: string]: number | undefined;
} {
  return Object.fromEntries(values.map((value) => [value, numbers?.[value]]));
}
