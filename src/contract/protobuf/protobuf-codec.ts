/** The protobuf codec of one shape. */
import type { Codec } from "../codec.ts";
import type { ObjectShape } from "../shape.ts";
import { decodeProtobuf } from "./decode.ts";
import { encodeProtobuf } from "./encode.ts";
import { planMessage } from "./plan.ts";

/** Undefined when something in the shape has no number. */
export function createProtobufCodec(shape: ObjectShape): Codec | undefined {
  const plan = planMessage(shape);
  if (!plan) return undefined;
  return {
    name: "protobuf",
    encode: (value, sink) => sink.bytes(encodeProtobuf(shape, plan, value)),
    decode: (bytes, start, end) => decodeProtobuf(plan, bytes.subarray(start, end)),
  };
}
