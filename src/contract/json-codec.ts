/** The JSON codec of one shape. */
import { ReefError } from "../core/errors.ts";
import type { Codec } from "./codec.ts";
import { readJson } from "./json-read.ts";
import { writeJson } from "./json-write.ts";
import type { ObjectShape } from "./shape.ts";

export function createJsonCodec(shape: ObjectShape): Codec {
  const definitions = shape.definitions ?? {};
  return {
    name: "json",
    encode: (value, sink) => sink.text(writeJson(shape, value, definitions)),
    decode: (bytes, start, end) => readJson(shape, parseJson(bytes, start, end), definitions),
  };
}

/** Of a key that is there twice the last one counts, as JSON.parse has it. */
function parseJson(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse((bytes as FastBuffer).utf8Slice(start, end));
  } catch (error) {
    throw new ReefError("invalid_argument", "Cannot read a message: it is not JSON", {
      cause: error,
      maybeExecuted: false,
    });
  }
}

/** What `toString("utf8")` calls after it has looked at its arguments; the published types lack it. */
type FastBuffer = Buffer & { utf8Slice(start: number, end: number): string };
