/** Makes a message of a schema, or of a shape whose schema is elsewhere. */
import { createJsonCodec } from "./json-codec.ts";
import { createCopy } from "./code-build.ts";
import { createTest } from "./code-check.ts";
import type { Codec } from "./codec.ts";
import type { Message } from "./message.ts";
import { createProtobufCodec } from "./protobuf/protobuf-codec.ts";
import { checkShape } from "./shape-check.ts";
import type { ObjectShape } from "./shape.ts";
import type { StandardResult, StandardSchema } from "./standard-schema.ts";
import { isType } from "./type.ts";
import { violationError } from "./violations.ts";

/** A message that is validated by `schema`, or by its shape where the schema is ours or elsewhere. */
export function createMessage(shape: ObjectShape, schema?: StandardSchema): Message {
  const foreign = schema && isType(schema) ? undefined : schema;
  // Made when first needed, as in the codec.
  let copy: ((value: unknown) => unknown) | undefined;
  let test: ((value: unknown) => boolean) | undefined;
  let protobuf: { readonly codec: Codec | undefined } | undefined;
  return {
    shape,
    json: createJsonCodec(shape),
    get protobuf() {
      protobuf ??= { codec: createProtobufCodec(shape) };
      return protobuf.codec;
    },
    copy: (value) => {
      copy ??= createCopy(shape, shape.definitions);
      return copy(value);
    },
    validate: (value) => {
      if (foreign) return validateBySchema(foreign, value);
      test ??= createTest(shape, shape.definitions);
      if (test(value)) return value;
      throw violationError("this message", checkShape(shape, value, shape.definitions));
    },
  };
}

// No field, no number that could be missing.
const emptyProtobuf = createProtobufCodec({ kind: "object", fields: {} }) as Codec;

/** The message of a method that declares none: whatever is given, even nothing, it is the empty object. */
export function createEmptyMessage(): Message {
  const message = createMessage({ kind: "object", fields: {} });
  return {
    ...message,
    json: { ...message.json, encode: (_, sink) => sink.text("{}") },
    protobuf: { ...emptyProtobuf, encode: () => {} },
    copy: () => ({}),
  };
}

function validateBySchema(schema: StandardSchema, value: unknown): unknown {
  const result = schema["~standard"].validate(value);
  return "then" in result ? Promise.resolve(result).then(settle) : settle(result);
}

function settle(result: StandardResult<unknown>): unknown {
  if (result.issues) throw violationError("this message", result.issues);
  return result.value;
}
