/** The JSON codec of one shape. */
import { ReefError } from "../core/errors.ts";
import type { Codec } from "./codec.ts";
import { textOfUtf8 } from "../core/text-bytes.ts";
import { createReader, createWriter } from "./code-build.ts";
import type { ObjectShape } from "./shape.ts";

/**
 * A message is first picked into a fresh literal, then left to JSON.stringify: measured against text put together by
 * hand, this is a third faster in V8 14, and it cannot get the escaping wrong.
 *
 * Writer and reader are made when the first message needs them: most methods of most contracts are
 * never called.
 */
export function createJsonCodec(shape: ObjectShape): Codec {
  let write: ((value: unknown) => unknown) | undefined;
  let read: ((value: unknown) => unknown) | undefined;
  return {
    name: "json",
    encode: (value, sink) => {
      write ??= createWriter(shape, shape.definitions);
      sink.text(JSON.stringify(write(value)));
    },
    decode: (bytes, start, end) => {
      read ??= createReader(shape, shape.definitions);
      return read(parseJson(bytes, start, end));
    },
  };
}

/** Of a key that is there twice the last one counts, as JSON.parse has it. */
function parseJson(bytes: Uint8Array, start: number, end: number): unknown {
  try {
    return JSON.parse(textOfUtf8(bytes, start, end));
  } catch (error) {
    throw new ReefError("invalid_argument", "Cannot read a message: it is not JSON", {
      cause: error,
      maybeExecuted: false,
    });
  }
}
