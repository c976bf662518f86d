/** Gives numbers to what has none yet. */
import { ReefError } from "../../core/errors.ts";
import type { ContractDescriptor } from "../descriptor.ts";
import { fieldNumberMax } from "../shape.ts";
import { numberAfter, type ContractNumbers } from "./lock-file.ts";
import { numberedPlaces } from "./numbered-places.ts";

/**
 * Whatever has a number keeps it, what is new gets the next one, and the numbers of what is gone are reserved: a
 * program of last year that still sends them must not be understood as saying something else.
 * @throws {ReefError} `failed_precondition` for a contract from `.proto`, whose numbers stand there
 */
export function lockNumbers(
  descriptor: ContractDescriptor,
  previous?: ContractNumbers,
): ContractNumbers {
  const { name, proto } = descriptor;
  if (proto?.files !== undefined) {
    const text = `Cannot give numbers to "${name}": it was written in .proto; change them there`;
    throw new ReefError("failed_precondition", text);
  }
  const names = new Map<string, Set<string>>();
  for (const place of numberedPlaces(descriptor)) {
    const known = names.get(place.path) ?? new Set();
    names.set(place.path, known.union(new Set(place.names)));
  }
  const before = previous?.numbers ?? {};
  const reservedBefore = previous?.reserved ?? {};
  const paths = [...names.keys(), ...Object.keys(before), ...Object.keys(reservedBefore)];
  const places = [...new Set(paths)].toSorted().map((path) => {
    const given = { ...(Object.hasOwn(before, path) ? before[path] : {}) };
    const reserved = { ...(Object.hasOwn(reservedBefore, path) ? reservedBefore[path] : {}) };
    return { path, ...lockPlace(`${name}.${path}`, names.get(path) ?? new Set(), given, reserved) };
  });
  const reserved = filled(places.map(({ path, reserved }) => [path, reserved]));
  return {
    numbers: filled(places.map(({ path, numbers }) => [path, numbers])),
    ...(Object.keys(reserved).length > 0 && { reserved }),
  };
}

function lockPlace(
  place: string,
  names: ReadonlySet<string>,
  given: { readonly [name: string]: number },
  reserved: { readonly [number: string]: string },
) {
  const gone = Object.entries(given).filter(([name]) => !names.has(name));
  const kept = Object.entries(given).filter(([name]) => names.has(name));
  const taken = [...Object.values(given), ...Object.keys(reserved).map(Number)];
  let last = Math.max(0, ...taken);
  const fresh = [...names].filter((name) => !Object.hasOwn(given, name));
  const added = fresh.map((name): [string, number] => [name, (last = numberAfter(last))]);
  if (last > fieldNumberMax) {
    const text = `Cannot give a number to "${fresh.at(-1)}" in ${place}: the last one is ${fieldNumberMax}`;
    throw new ReefError("resource_exhausted", text);
  }
  const numbers = [...kept, ...added].toSorted(([, a], [, b]) => a - b);
  return {
    numbers: Object.fromEntries(numbers),
    // Keys that are numbers are always in their order.
    reserved: { ...reserved, ...Object.fromEntries(gone.map(([name, number]) => [number, name])) },
  };
}

/** Without the places that have nothing. */
function filled<T extends object>(
  entries: readonly (readonly [string, T])[],
): { [path: string]: T } {
  return Object.fromEntries(entries.filter(([, value]) => Object.keys(value).length > 0));
}
