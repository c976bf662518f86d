/** A contract from `.proto` in a program: what `reef gen` writes calls this with the files that it read. */
import { bytesOfBase64 } from "../../core/text-bytes.ts";
import type { Contract, Methods } from "../contract.ts";
import { contractFromDescriptor } from "../contract-from-descriptor.ts";
import { contractFromProto } from "./contract-from-proto.ts";
import { decodeFileDescriptorSet } from "./descriptor-bytes.ts";

/** Where a contract from `.proto` was written. */
export interface ProtoContractSource {
  /** Full name, `greeter.v1.Greeter`. */
  readonly service: string;
  /** The files with what they import: a `FileDescriptorSet` in base64. */
  readonly files: string;
  /** @default of the package, `2.0.0` for `greeter.v2`; else `1.0.0` */
  readonly version?: string;
}

/**
 * The contract of a service that was written in `.proto`, for `service()` and `client()` like any other.
 * @throws {ReefError} `not_found` for a service that is not in the files; `invalid_argument` for files that are none
 */
export function protoContract<M extends Methods = Methods>(
  name: string,
  { service, files, version }: ProtoContractSource,
): Contract<M> {
  const descriptors = decodeFileDescriptorSet(bytesOfBase64(files) ?? new Uint8Array(0));
  const descriptor = contractFromProto(descriptors, service, {
    name,
    ...(version !== undefined && { version }),
  });
  // The types are those that were generated from the same files.
  return contractFromDescriptor(descriptor) as unknown as Contract<M>;
}
