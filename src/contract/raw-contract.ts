/**
 * A contract whose messages are JSON bytes that nobody here reads: the gateway passes bodies on and the service behind
 * it parses and validates them once.
 */
import { checkDescriptor } from "./check-descriptor.ts";
import type { Contract } from "./contract.ts";
import { contractOf } from "./contract-from-descriptor.ts";
import type { ContractDescriptor } from "./descriptor.ts";
import type { Message } from "./message.ts";
import type { ObjectShape } from "./shape.ts";

export interface RawOptions {
  /** How the data of typed errors is read, by who has to write it in another form. @default as a JSON value */
  readonly errorData?: (shape: ObjectShape) => Message | undefined;
}

/**
 * The same contract; every message is a `Uint8Array` of JSON.
 * @throws {ReefError} `invalid_argument` when the data is no descriptor
 */
export function rawContract(
  descriptor: ContractDescriptor,
  { errorData = asJson }: RawOptions = {},
): Contract {
  return contractOf(checkDescriptor(descriptor), { message: rawMessage, errorData });
}

/** @internal Of typed errors whose data nobody here reads. */
export function asJson(): undefined {}

function rawMessage(shape: ObjectShape): Message {
  return {
    shape,
    json: {
      name: "json",
      // Callers of a raw contract give bytes; that is what makes it raw.
      encode: (value, sink) => sink.bytes(value as Uint8Array),
      decode: (bytes, start, end) => Buffer.from(bytes.subarray(start, end)),
    },
    protobuf: undefined,
    copy: (value) => value,
    validate: (value) => value,
  };
}
