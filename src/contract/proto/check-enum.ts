/** The rules of enums. */
import type { FeatureMap } from "./check-file.ts";
import type { EnumDescriptor } from "./file-descriptor.ts";
import { jsonNameOf } from "./json-name.ts";
import type { LinkContext } from "./link-context.ts";
import { rangeOf } from "./number-ranges.ts";

export function checkEnum(
  context: LinkContext,
  element: EnumDescriptor,
  features: FeatureMap,
): void {
  const [first] = element.value;
  if (first === undefined) {
    const rule = `expected a value in ${element.name}, found none`;
    throw context.refuseElement(element, rule, "an enum has at least one");
  }
  if (features.get(element)?.enumType === "OPEN" && first.number !== 0) {
    const { name, number = name } = context.spots(first);
    throw context.refuse(
      number,
      `expected 0 for the first value of an open enum, found ${first.number}`,
      `begin with ${element.name.toUpperCase()}_UNSPECIFIED = 0`,
    );
  }
  checkNumbers(context, element);
  checkReserved(context, element);
  if (features.get(element)?.jsonFormat === "ALLOW") checkNames(context, element);
}

function checkNumbers(context: LinkContext, element: EnumDescriptor): void {
  const { allowAlias } = element.options ?? {};
  const byNumber = new Map<number, string>();
  let aliases = false;
  for (const value of element.value) {
    const other = byNumber.get(value.number);
    byNumber.set(value.number, other ?? value.name);
    if (other === undefined) continue;
    aliases = true;
    if (allowAlias === true) continue;
    const { name, number = name } = context.spots(value);
    throw context.refuse(
      number,
      `expected a number that is not taken, found ${value.number}, which is that of ${other}`,
      "choose another, or write option allow_alias = true;",
    );
  }
  if (allowAlias !== true || aliases) return;
  const rule = `expected two names for one number in ${element.name}, which has allow_alias, found none`;
  throw context.refuseElement(element, rule, "remove the option");
}

function checkReserved(context: LinkContext, element: EnumDescriptor): void {
  const { reservedRange = [], reservedName = [] } = element;
  const sorted = reservedRange.toSorted((a, b) => a.start - b.start);
  for (const [index, range] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before === undefined || before.end < range.start) continue;
    const rule = `expected ranges apart from each other, found ${range.start} in two of them`;
    throw context.refuseElement(range, rule, "join them");
  }
  const names = new Set(reservedName);
  const ranges = sorted.map(({ start, end }) => ({ start, end: end + 1 }));
  for (const value of element.value) {
    const { name, number = name } = context.spots(value);
    if (names.has(value.name)) {
      const rule = `expected a name that is not reserved, found "${value.name}"`;
      throw context.refuse(name, rule, "choose another");
    }
    if (rangeOf(value.number, ranges) !== undefined) {
      const rule = `expected a number that is not reserved, found ${value.number}`;
      throw context.refuse(number, rule, "choose another");
    }
  }
}

/** Names that would be one without the name of the enum in front are one in many languages. */
function checkNames(context: LinkContext, element: EnumDescriptor): void {
  const byName = new Map<string, { name: string; number: number }>();
  for (const value of element.value) {
    const short = shortName(value.name, element.name);
    const other = byName.get(short);
    byName.set(short, other ?? value);
    if (other === undefined || other.number === value.number) continue;
    const rule = `expected names that differ by more than _ and "${element.name}", found "${value.name}" beside "${other.name}"`;
    throw context.refuseElement(value, rule, "rename one");
  }
}

function shortName(value: string, owner: string): string {
  const prefix = owner.replaceAll("_", "").toLowerCase();
  const letters = value.replaceAll("_", "").toLowerCase();
  if (!letters.startsWith(prefix) || letters === prefix) return jsonNameOf(value.toLowerCase());
  let rest = value;
  for (let left = prefix.length; left > 0; rest = rest.slice(1)) {
    if (!rest.startsWith("_")) left -= 1;
  }
  const short = rest.replace(/^_+/, "");
  // A name may not begin with a digit.
  return jsonNameOf((/^[0-9]/.test(short) ? value : short).toLowerCase());
}
