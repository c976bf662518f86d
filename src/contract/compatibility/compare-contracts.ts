/** Everything that a newer contract promises otherwise than an older one. */
import type { ContractDescriptor, MethodDescriptor } from "../descriptor.ts";
import { missingNumber } from "../numbers/missing-number.ts";
import { protoMethodName, protoServiceName } from "../proto-names.ts";
import { breaksBoth, breaksNewer, breaksOlder, type Change, harmless } from "./change.ts";
import { compareMethods } from "./compare-methods.ts";
import { renamedMethods } from "./renamed-methods.ts";

/** The changes from the one to the other, in the order of the older contract; descriptions are none. */
export function compareContracts(
  older: ContractDescriptor,
  newer: ContractDescriptor,
): readonly Change[] {
  const [hadNumbers, numbered] = [hasNumbers(older), hasNumbers(older) && hasNumbers(newer)];
  const changes = compareNames(older, newer, numbered);
  if (hadNumbers && !numbered) {
    const text = "has no numbers any more: nobody can call it with protobuf";
    changes.push({ path: "", text, json: harmless, protobuf: breaksBoth });
  }
  const renamed = renamedMethods(older, newer);
  for (const [name, method] of Object.entries(older.methods)) {
    const after = methodOf(newer, name);
    if (after) changes.push(...methodChanges(method, after, { older, newer, numbered }));
    else changes.push(goneMethod(name, renamed.get(name), { older, newer, numbered }));
  }
  const kept = new Set(renamed.values());
  for (const name of Object.keys(newer.methods)) {
    if (methodOf(older, name) || kept.has(name)) continue;
    const protobuf = numbered ? breaksNewer : harmless;
    changes.push({ method: name, path: "", text: "is new", json: breaksNewer, protobuf });
  }
  return changes;
}

interface Pair {
  readonly older: ContractDescriptor;
  readonly newer: ContractDescriptor;
  readonly numbered: boolean;
}

function compareNames(
  older: ContractDescriptor,
  newer: ContractDescriptor,
  numbered: boolean,
): Change[] {
  const changes: Change[] = [];
  if (older.name !== newer.name) {
    const text = `is called "${newer.name}", was "${older.name}": callers find it by its name`;
    changes.push({ path: "", text, json: breaksBoth, protobuf: numbered ? breaksBoth : harmless });
    return changes;
  }
  // A new major version is another name by itself, and meant to be.
  const [was, is] = [older, { ...newer, version: older.version }].map(protoServiceName);
  if (numbered && was !== is) {
    const text = `is called ${is} in protobuf, was ${was}: callers find it by its name`;
    changes.push({ path: "", text, json: harmless, protobuf: breaksBoth });
  }
  return changes;
}

function methodChanges(older: MethodDescriptor, newer: MethodDescriptor, pair: Pair): Change[] {
  const { name } = older;
  const changes = compareMethods(older, newer, pair.numbered);
  const [was, is] = [protoMethodName(pair.older, name), protoMethodName(pair.newer, name)];
  if (pair.numbered && was !== is) {
    const text = `is called ${is} in protobuf, was ${was}: callers find it by its name`;
    changes.unshift({ method: name, path: "", text, json: harmless, protobuf: breaksBoth });
  }
  return changes;
}

function goneMethod(name: string, newName: string | undefined, pair: Pair): Change {
  const { older, newer, numbered } = pair;
  if (newName === undefined) {
    const text = "is gone: older callers still call it";
    const protobuf = numbered ? breaksOlder : harmless;
    return { method: name, path: "", text, json: breaksOlder, protobuf };
  }
  const isKept = protoMethodName(older, name) === protoMethodName(newer, newName);
  const text = `is called "${newName}" now: older callers still call "${name}"`;
  const protobuf = numbered && !isKept ? breaksBoth : harmless;
  return { method: name, path: "", text, json: breaksBoth, protobuf };
}

function hasNumbers(descriptor: ContractDescriptor): boolean {
  return missingNumber(descriptor) === undefined;
}

function methodOf({ methods }: ContractDescriptor, name: string): MethodDescriptor | undefined {
  return Object.hasOwn(methods, name) ? methods[name] : undefined;
}
