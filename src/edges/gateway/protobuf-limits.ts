/** What a message of protobuf may become as JSON, where it is translated for a service that speaks nothing else. */
import type { RawProtobufLimits } from "../../contract/raw-protobuf-contract.ts";
import { ReefError } from "../../core/errors.ts";
import { gatewayLimits } from "./limits.ts";

/**
 * Four times the largest body. Numbers and bytes take twice to five times the room; a list of empty messages with many
 * defaults would take hundreds, and each of them would be held until its service has taken it.
 */
const jsonBytesMax = 4 * gatewayLimits.bodyBytesMax;

export const protobufLimits: RawProtobufLimits = {
  jsonBytesMax,
  // Not 413: the bytes that came are not too many, what they say is.
  refuse: (bytes) => {
    const rule = `the limit is ${jsonBytesMax} bytes of JSON, it has ${bytes}`;
    return new ReefError("invalid_argument", `Cannot take the body: ${rule}`, {
      maybeExecuted: false,
    });
  },
};
