/** The variants of one oneof: whoever meets one that it does not know has nothing in its hands. */
import type { OneofShape } from "../shape.ts";
import { joinPath } from "../violations.ts";
import type { MessageComparison } from "./compare-messages.ts";
import { takenFrom, unmatched } from "./match-numbers.ts";

export interface OneofPair {
  readonly older: OneofShape;
  readonly newer: OneofShape;
  readonly path: string;
}

export function compareVariants(
  comparison: MessageComparison,
  { older, newer, path }: OneofPair,
): void {
  const [was, is] = [numbersOf(older), numbersOf(newer)];
  const renamed = new Map(comparison.numbered ? unmatched(was, is) : []);
  for (const [name, variant] of Object.entries(older.variants)) {
    const place = joinPath(path, name);
    const newName = renamed.get(name) ?? name;
    const after = Object.hasOwn(newer.variants, newName) ? newer.variants[newName] : undefined;
    if (after === undefined) {
      comparison.tell({
        path: place,
        text: "is gone",
        why: "older callers may send it",
        json: "older",
      });
      continue;
    }
    if (newName !== name) {
      const text = `is called "${newName}" now, its number ${was[name]} is the same`;
      const why = "JSON knows it by its name";
      comparison.tell({ path: place, text, why, json: "both", protobuf: "none" });
    } else if (comparison.numbered && was[name] !== is[name]) {
      const text = `has the number ${is[name]}, had ${was[name]}`;
      const why = "protobuf knows it by its number";
      comparison.tell({ path: place, text, why, json: "none", protobuf: "both" });
    }
    comparison.shapes(variant, after, place);
  }
  const kept = new Set(renamed.values());
  for (const name of Object.keys(newer.variants)) {
    if (Object.hasOwn(older.variants, name) || kept.has(name)) continue;
    const why = "older callers do not know it and would see none of the variants";
    comparison.tell({ path: joinPath(path, name), text: "is a new variant", why, json: "newer" });
  }
  for (const [name, other] of comparison.numbered ? takenFrom(older.reserved, is) : []) {
    const text = `has the number ${is[name]}, which was that of "${other}"`;
    const why = "a number is never given a second time";
    comparison.tell({ path: joinPath(path, name), text, why, json: "none", protobuf: "both" });
  }
}

function numbersOf({ variants, numbers }: OneofShape): {
  readonly [name: string]: number | undefined;
} {
  return Object.fromEntries(Object.keys(variants).map((name) => [name, numbers?.[name]]));
}
