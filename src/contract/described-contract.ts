/** A contract from its descriptor, with types that were generated from the same: what `reef gen` writes for schemas. */
import type { Contract, Methods } from "./contract.ts";
import { contractFromDescriptor } from "./contract-from-descriptor.ts";
import type { ContractDescriptor } from "./descriptor.ts";

/**
 * The contract that `reef describe NAME --json` prints, for `service()` and `client()` like any other.
 * @throws {ReefError} `invalid_argument` when it is no descriptor
 */
export function describedContract<M extends Methods = Methods>(
  descriptor: ContractDescriptor,
): Contract<M> {
  // The types are those that were generated from the same descriptor.
  return contractFromDescriptor(descriptor) as unknown as Contract<M>;
}
