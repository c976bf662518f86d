/**
 * A contract whose messages are protobuf bytes that nobody here reads. Where the far side speaks protobuf they are
 * passed on as they are; for one that speaks JSON they are translated as they are written and read.
 */
import { ReefError } from "../core/errors.ts";
import { encodeBytes } from "./byte-sink.ts";
import { checkDescriptor } from "./check-descriptor.ts";
import type { Codec } from "./codec.ts";
import type { Contract } from "./contract.ts";
import { contractOf } from "./contract-from-descriptor.ts";
import { createMessage } from "./create-message.ts";
import type { ContractDescriptor } from "./descriptor.ts";
import type { Message } from "./message.ts";
import { asJson, type RawOptions } from "./raw-contract.ts";

/**
 * The same contract; every message that has numbers is a `Uint8Array` of protobuf.
 * @throws {ReefError} `invalid_argument` when the data is no descriptor
 */
export function rawProtobufContract(
  descriptor: ContractDescriptor,
  limits: RawProtobufLimits,
  { errorData = asJson }: RawOptions = {},
): Contract {
  return contractOf(checkDescriptor(descriptor), {
    message: (shape) => rawMessage(createMessage(shape), limits),
    errorData,
  });
}

export interface RawProtobufLimits {
  /** What a message may become as JSON: a list of empty messages with many defaults grows a hundredfold. */
  readonly jsonBytesMax: number;
  /** What a message fails with that is longer. */
  refuse(jsonBytes: number): Error;
}

const raw: Codec = {
  name: "protobuf",
  // Callers of a raw contract give bytes; that is what makes it raw.
  encode: (value, sink) => sink.bytes(value as Uint8Array),
  decode: (bytes, start, end) => Buffer.from(bytes.subarray(start, end)),
};

function rawMessage(message: Message, limits: RawProtobufLimits): Message {
  const { shape, json } = message;
  const protobuf = (): Codec => {
    if (message.protobuf) return message.protobuf;
    throw new ReefError("failed_precondition", "Cannot translate a message: it has no numbers");
  };
  return {
    shape,
    get protobuf() {
      return message.protobuf && raw;
    },
    json: {
      name: "json",
      encode: (value, sink) => {
        const given = Buffer.from(value as Uint8Array);
        const text = encodeBytes(json, protobuf().decode(given, 0, given.length));
        if (text.length > limits.jsonBytesMax) throw limits.refuse(text.length);
        sink.bytes(text);
      },
      decode: (bytes, start, end) => {
        return Buffer.from(encodeBytes(protobuf(), json.decode(bytes, start, end)));
      },
    },
    copy: (value) => value,
    validate: (value) => value,
  };
}
