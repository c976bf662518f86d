import assert from "node:assert/strict";
import { test } from "node:test";

import { createRandom } from "../../testing/random.ts";
import { encodeBytes } from "../byte-sink.ts";
import type { Codec } from "../codec.ts";
import type { Field, ObjectShape, Shape } from "../shape.ts";
import { createProtobufCodec } from "./protobuf-codec.ts";
import { protoBatch, writtenBatch } from "./test-everything.ts";
import { createValues } from "./test-random-value.ts";

function codecOf(fields: { readonly [name: string]: Field }, more: Partial<ObjectShape> = {}) {
  return createProtobufCodec({ kind: "object", fields, ...more }) ?? assert.fail();
}

function decode(codec: Codec, ...bytes: readonly number[]): unknown {
  return codec.decode(Buffer.from([0xff, ...bytes, 0xff]), 1, bytes.length + 1);
}

const inner: Shape = {
  kind: "object",
  fields: {
    a: { shape: { kind: "int32" }, number: 1, optional: true },
    b: { shape: { kind: "list", items: { kind: "int32" } }, number: 2 },
  },
};

const codec = codecOf({
  text: { shape: { kind: "string" }, number: 1 },
  n: { shape: { kind: "int32" }, number: 2 },
  inner: { shape: inner, number: 3, optional: true },
  list: { shape: { kind: "list", items: { kind: "int32" } }, number: 4 },
  map: { shape: { kind: "map", values: { kind: "int32" } }, number: 5 },
  big: { shape: { kind: "uint64" }, number: 6, optional: true },
  flag: { shape: { kind: "boolean" }, number: 7, optional: true },
});
const nothing = { text: "", n: 0, list: [], map: {} };

test("decode() reads an empty message as zeros", () => {
  assert.deepEqual(decode(codec), nothing);
});

test("decode() passes over what it does not know, groups too", () => {
  const unknown = [0x50, 1, 0x59, 1, 2, 3, 4, 5, 6, 7, 8, 0x5a, 2, 9, 9, 0x5d, 1, 2, 3, 4];
  const group = [0x63, 0x08, 1, 0x63, 0x64, 0x64];
  assert.deepEqual(decode(codec, ...unknown, ...group, 0x10, 5), { ...nothing, n: 5 });
  // A field of a known number that is not written like that is one that nobody knows.
  assert.deepEqual(decode(codec, 0x08, 1, 0x12, 1, 65), nothing);
});

test("decode() takes the last value, merges messages, and adds lists up", () => {
  assert.deepEqual(decode(codec, 0x10, 1, 0x10, 2), { ...nothing, n: 2 });
  const parts = [0x1a, 4, 0x08, 1, 0x10, 7, 0x1a, 2, 0x10, 8];
  assert.deepEqual(decode(codec, ...parts), { ...nothing, inner: { a: 1, b: [7, 8] } });
  assert.deepEqual(decode(codec, 0x20, 1, 0x22, 2, 2, 3, 0x20, 4), {
    ...nothing,
    list: [1, 2, 3, 4],
  });
  const entries = [0x2a, 5, 0x0a, 1, 65, 0x10, 1, 0x2a, 5, 0x10, 2, 0x0a, 1, 65, 0x2a, 0];
  assert.deepEqual(decode(codec, ...entries), { ...nothing, map: { A: 2, "": 0 } });
});

test("decode() reads numbers that are longer than they need be", () => {
  assert.deepEqual(decode(codec, 0x90, 0x80, 0x00, 0x85, 0x80, 0x00), { ...nothing, n: 5 });
  const ones = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  assert.deepEqual(decode(codec, 0x10, ...ones), { ...nothing, n: -1 });
  assert.deepEqual(decode(codec, 0x30, ...ones), { ...nothing, big: 2n ** 64n - 1n });
  assert.deepEqual(decode(codec, 0x38, ...ones), { ...nothing, flag: true });
});

test("decode() keeps one field of a group: the last", () => {
  const optional = (number: number, kind: "string" | "int32"): Field => {
    return { shape: { kind }, number, optional: true };
  };
  const grouped = codecOf(
    { a: optional(1, "string"), b: optional(2, "int32"), c: optional(3, "int32") },
    { oneofs: { choice: ["a", "b"] } },
  );
  assert.deepEqual(decode(grouped, 0x0a, 1, 65, 0x18, 1, 0x10, 2), { b: 2, c: 1 });
  assert.deepEqual(decode(grouped, 0x10, 2, 0x0a, 1, 65), { a: "A" });
  assert.throws(() => encodeBytes(grouped, { a: "x", b: 1 }), {
    code: "invalid_argument",
    message: /must have at most one of "a", "b"/,
  });
});

test("decode() reads and writes groups where a field is delimited", () => {
  const grouped = codecOf({
    one: { shape: inner, number: 1, optional: true, delimited: true },
    many: { shape: { kind: "list", items: inner }, number: 2, delimited: true },
  });
  const value = { one: { a: 1, b: [2] }, many: [{ b: [] }, { a: 3, b: [] }] };
  const bytes = [0x0b, 0x08, 1, 0x12, 1, 2, 0x0c, 0x13, 0x14, 0x13, 0x08, 3, 0x14];
  assert.deepEqual([...encodeBytes(grouped, value)], bytes);
  assert.deepEqual(decode(grouped, ...bytes), value);
  assert.deepEqual(decode(grouped, 0x0b, 0x08, 1, 0x0c, 0x0b, 0x08, 2, 0x0c), {
    one: { a: 2, b: [] },
    many: [],
  });
});

test("decode() refuses what is not protobuf", () => {
  const refused: { readonly [rule: string]: readonly number[] } = {
    "a tag without an end": [0x80],
    "a number without an end": [0x10, 0x80],
    "no number": [0x10],
    "more than ten bytes": [0x10, ...Array.from({ length: 10 }, () => 0x80), 1],
    "text beyond the end": [0x0a, 2, 65],
    "a length of 2^32 - 1": [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
    "a length of 2^64 - 1": [0x0a, ...Array.from({ length: 9 }, () => 0xff), 1],
    "a message beyond the end": [0x1a, 3, 0x08, 1],
    "a message that ends inside": [0x1a, 1, 0x08, 0x10, 1],
    "a list that ends inside": [0x22, 1, 0x80, 1],
    "field 0": [0x00, 1],
    "wire type 6": [0x56, 1],
    "wire type 7": [0x17, 1],
    "an end without a beginning": [0x64],
    "a group without an end": [0x63, 0x08, 1],
    "the end of another group": [0x63, 0x6c],
    "groups in groups": Array.from({ length: 200 }, () => 0x63),
    "text that is not UTF-8": [0x0a, 2, 0xc3, 0x28],
    "half of a pair": [0x0a, 3, 0xed, 0xa0, 0x80],
    "eight bytes that are four": [0x59, 1, 2, 3, 4],
  };
  for (const [rule, bytes] of Object.entries(refused)) {
    const expected = { code: "invalid_argument", maybeExecuted: false };
    assert.throws(() => decode(codec, ...bytes), expected, rule);
  }
});

test("decode() refuses what is deeper than depthMax, and reads what is not", () => {
  const tree = codecOf(
    { next: { shape: { kind: "ref", to: "Tree" }, number: 1, optional: true } },
    {
      definitions: {
        Tree: {
          kind: "object",
          fields: { next: { shape: { kind: "ref", to: "Tree" }, number: 1, optional: true } },
        },
      },
    },
  );
  const nested = (levels: number): number[] => {
    let bytes: number[] = [];
    for (let level = 1; level < levels; level++) bytes = [0x0a, ...size(bytes.length), ...bytes];
    return bytes;
  };
  const deepest = decode(tree, ...nested(64));
  assert.deepEqual([...encodeBytes(tree, deepest)], nested(64));
  assert.throws(() => decode(tree, ...nested(65)), { code: "invalid_argument", message: /deeper/ });
  assert.throws(() => encodeBytes(tree, { next: deepest }), { code: "invalid_argument" });
});

test("decode() ends in a value or in invalid_argument, whatever the bytes are", () => {
  // A longer run: SEEDS=5000 node --test decode.test.ts
  const seeds = Number(process.env["SEEDS"] ?? 40);
  for (const shape of [writtenBatch, protoBatch]) {
    const target = createProtobufCodec(shape) ?? assert.fail();
    for (let seed = 1; seed <= seeds; seed++) {
      const random = createRandom(seed);
      const values = createValues(seed, shape.definitions ?? {});
      const bytes = Buffer.from(encodeBytes(target, values.value(shape)));
      for (let round = 0; round < 20; round++) {
        const damaged = Buffer.from(bytes.subarray(0, Math.ceil(random() * bytes.length)));
        for (let hit = 0; hit < 3 && damaged.length > 0; hit++) {
          damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256);
        }
        try {
          target.decode(damaged, 0, damaged.length);
        } catch (error) {
          const { code } = error as { code?: string };
          assert.equal(code, "invalid_argument", `seed ${seed}: ${String(error)}`);
        }
      }
    }
  }
});

function size(length: number): number[] {
  return length < 128 ? [length] : [(length & 127) | 128, length >> 7];
}
