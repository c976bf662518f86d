import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { codeAllowed } from "../code.ts";
import { generateDecoder } from "./code-decode.ts";
import { generateEncoder } from "./code-encode.ts";
import { decodeProtobuf } from "./decode.ts";
import { encodeProtobuf } from "./encode.ts";
import { planMessage } from "./plan.ts";
import { protoBatch, writtenBatch } from "./test-everything.ts";
import { createValues, plainTexts } from "./test-random-value.ts";
import { overflow } from "./wire-write.ts";

describe("generated code", { skip: !codeAllowed && "code generation is forbidden" }, () => {
  for (const shape of [writtenBatch, protoBatch]) {
    const name = shape.protoName ?? "a schema";
    const plan = planMessage(shape) ?? assert.fail();
    const write = generateEncoder(plan) ?? assert.fail();
    const read = generateDecoder(plan) ?? assert.fail();

    test(`knows every well-formed value of ${name}, and agrees with the reference`, () => {
      for (let seed = 1; seed <= 30; seed++) {
        const value = createValues(seed, shape.definitions ?? {}, plainTexts).value(shape);
        const expected = encodeProtobuf(shape, plan, value);
        const memory = new Uint8Array(expected.length + 1_000);
        const end = write(value, memory, 3, 1);
        assert.deepEqual(Buffer.from(memory.subarray(3, end)), Buffer.from(expected));
        const framed = Buffer.concat([Buffer.from([1]), expected, Buffer.from([1])]);
        const seen = read(framed, 1, framed.length - 1, 1);
        assert.deepEqual(seen, decodeProtobuf(plan, expected));
      }
    });

    test(`asks for more memory and never writes beyond what it has, ${name}`, () => {
      const value = createValues(11, shape.definitions ?? {}).value(shape);
      const expected = encodeProtobuf(shape, plan, value);
      for (let length = 0; length < expected.length; length += 7) {
        const memory = new Uint8Array(length + 8);
        assert.throws(
          () => write(value, memory.subarray(0, length), 0, 1),
          (error) => error === overflow,
        );
        assert.deepEqual(memory.subarray(length), new Uint8Array(8));
      }
    });
  }
});
