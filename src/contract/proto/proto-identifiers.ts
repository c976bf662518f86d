/** Names as `.proto` files have them, made from names that authors of contracts chose freely. */
import { pascalCase } from "../proto-names.ts";

/** `beatMs` is `beat_ms`. */
export function fieldIdentifier(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/gu, "$1_$2").replace(/[^A-Za-z0-9_]+/gu, "_");
  const word = words.toLowerCase();
  return /^[a-z_]/u.test(word) ? word : `f_${word}`;
}

/** `beatMs` is `BeatMs`, a message below the one with the field. */
export function typeIdentifier(name: string): string {
  const word = pascalCase(name.replace(/[^A-Za-z0-9_]+/gu, "_")).replaceAll("_", "");
  return /^[A-Za-z]/u.test(word) ? word : `Type${word}`;
}

/** `HelloNobodyError`: the data of the error `nobody` of the method `Hello`, both as `.proto` files have them. */
export function errorIdentifier(method: string, reason: string): string {
  return `${method}${typeIdentifier(reason)}Error`;
}

/** `TRIP_STATUS_DRIVING`: the values of all enums of a message share one scope. */
export function valueIdentifier(type: string, value: string): string {
  return `${fieldIdentifier(type)}_${fieldIdentifier(value)}`.toUpperCase();
}

/** The name, with a number where it is taken; it is taken from then on. */
export function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count += 1) name = `${wanted}_${count}`;
  taken.add(name);
  return name;
}

/** The message that protobuf makes for the entries of a map. */
export function entryIdentifier(field: string): string {
  return `${field.replace(/(?:^|_)([a-z0-9])/gu, (_, letter: string) => letter.toUpperCase())}Entry`;
}
