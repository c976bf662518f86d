/** The protobuf codec of one shape. */
import { unusual } from "../code.ts";
import type { Codec } from "../codec.ts";
import type { ObjectShape } from "../shape.ts";
import { generateDecoder, type Read } from "./code-decode.ts";
import { generateEncoder, type Write } from "./code-encode.ts";
import { decodeProtobuf } from "./decode.ts";
import { encodeProtobuf } from "./encode.ts";
import { planMessage } from "./plan.ts";
import { overflow } from "./wire-write.ts";

/**
 * Undefined when something in the shape has no number. Writer and reader are made when the first message needs them, as
 * in the JSON codec.
 */
export function createProtobufCodec(shape: ObjectShape): Codec | undefined {
  const plan = planMessage(shape);
  if (!plan) return undefined;
  let write: Write | undefined;
  let read: Read | undefined;
  return {
    name: "protobuf",
    encode(value, sink) {
      write ??= generateEncoder(plan) ?? unable;
      for (let roomBytes = roomBytesMin; ;) {
        const bytes = sink.room(roomBytes);
        try {
          sink.at = write(value, bytes, sink.at, 1);
          return;
        } catch (error) {
          // Whatever else went wrong, the reference decides what it means.
          if (error !== overflow) return sink.bytes(encodeProtobuf(shape, plan, value));
        }
        // It was too long for all that was there: twice that, until it fits.
        roomBytes = 2 * (bytes.length - sink.at);
      }
    },
    decode(bytes, start, end) {
      read ??= generateDecoder(plan) ?? unable;
      try {
        return read(bytes, start, end, 1);
      } catch {
        // The reference decides what it means, and throws it when it is an error.
        return decodeProtobuf(plan, bytes.subarray(start, end));
      }
    },
  };
}

/** Most messages are smaller. */
const roomBytesMin = 256;

/** Stands for code where it must not be generated. */
function unable(): never {
  throw unusual;
}
