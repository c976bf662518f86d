import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { codeAllowed } from "../code.ts";
import { generateDecoder } from "./code-decode.ts";
import { generateEncoder } from "./code-encode.ts";
import { decodeProtobuf } from "./decode.ts";
import { encodeProtobuf } from "./encode.ts";
import { planMessage } from "./plan.ts";
import { protoBatch, writtenBatch } from "./test-everything.ts";
import type { ObjectShape } from "../shape.ts";
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

  test("asks for more memory when a value takes all of it and leaves none for the fields behind it", () => {
    const shape: ObjectShape = {
      kind: "object",
      fields: {
        value: { number: 1, shape: { kind: "bytes" } },
        revision: { number: 2, shape: { kind: "integer" } },
        done: { number: 3, shape: { kind: "boolean" } },
      },
    };
    const plan = planMessage(shape) ?? assert.fail();
    const write = generateEncoder(plan) ?? assert.fail();
    const value = { value: new Uint8Array(200), revision: 1_000_000, done: true };
    const { length } = encodeProtobuf(shape, plan, value);
    assert.equal(write(value, new Uint8Array(length), 0, 1), length);
    for (let bytes = 0; bytes < length; bytes += 1) {
      assert.throws(
        () => write(value, new Uint8Array(bytes), 0, 1),
        (error) => error === overflow,
        `${bytes} of ${length} bytes`,
      );
    }
  });

  test("keeps the length of a message apart from those of its own kind inside of it", () => {
    const node: ObjectShape = {
      kind: "object",
      fields: {
        text: { number: 1, shape: { kind: "string" } },
        next: { number: 2, shape: { kind: "ref", to: "Node" }, optional: true },
      },
    };
    const shape: ObjectShape = { ...node, definitions: { Node: node } };
    const plan = planMessage(shape) ?? assert.fail();
    const write = generateEncoder(plan) ?? assert.fail();
    const memory = new Uint8Array(1_000);
    // Lengths of one byte and of two, in every order.
    for (let seed = 0; seed < 64; seed += 1) {
      const [outer, middle, inner] = [0, 1, 2].map((at) => "x".repeat((seed >> at) & 1 ? 200 : 1));
      const value = {
        text: "a",
        next: { text: outer, next: { text: middle, next: { text: inner } } },
      };
      const end = write(value, memory, 0, 1);
      assert.deepEqual(memory.slice(0, end), encodeProtobuf(shape, plan, value));
    }
  });
});
