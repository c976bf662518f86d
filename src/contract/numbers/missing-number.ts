/** Whether a contract can be spoken in protobuf, and what a caller is told when it cannot. */
import { ReefError } from "../../core/errors.ts";
import type { ContractDescriptor } from "../descriptor.ts";
import type { EnumShape, ObjectShape, OneofShape } from "../shape.ts";
import { joinPath } from "../violations.ts";
import { numberedPlaces } from "./numbered-places.ts";

/** The first field, variant or value without a number: `hello.input.name`. Undefined when all have one. */
export function missingNumber(descriptor: ContractDescriptor): string | undefined {
  for (const { path, names, shape } of numberedPlaces(descriptor)) {
    const missing = names.find((name) => numberOf(shape, name) === undefined);
    if (missing !== undefined) return joinPath(path, missing);
  }
  return undefined;
}

/** @throws {ReefError} `failed_precondition` that names the first number that is missing, and the command to type */
export function refuseWithoutNumbers(descriptor: ContractDescriptor): void {
  const missing = missingNumber(descriptor);
  if (missing === undefined) return;
  throw new ReefError(
    "failed_precondition",
    `Cannot speak protobuf with "${descriptor.name}": its contract has no number for ${missing}; ` +
      "type reef contract lock FILE, where FILE is the module with the contract",
    { maybeExecuted: false },
  );
}

function numberOf(shape: ObjectShape | OneofShape | EnumShape, name: string): number | undefined {
  if (shape.kind === "object") return shape.fields[name]?.number;
  const { numbers = {} } = shape;
  return Object.hasOwn(numbers, name) ? numbers[name] : undefined;
}
