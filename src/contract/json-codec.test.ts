import assert from "node:assert/strict";
import { test } from "node:test";
import { ReefError } from "../core/errors.ts";
import { type Json, t } from "./builder.ts";
import { encodeText } from "./byte-sink.ts";
import { createJsonCodec } from "./json-codec.ts";
import { messageShapeOf } from "./schema-shape.ts";
import { depthMax } from "./shape.ts";
import type { StandardSchema } from "./standard-schema.ts";

function codecOf(schema: StandardSchema) {
  const codec = createJsonCodec(messageShapeOf(schema, "input", "the test"));
  const encode = (value: unknown): string => encodeText(codec, value);
  const decode = (text: string): unknown => {
    const bytes = Buffer.from(`<${text}>`);
    return codec.decode(bytes, 1, bytes.length - 1);
  };
  return { encode, decode };
}

/** Every kind, as a sender has it and as JSON has it. */
const Everything = t.object({
  string: t.string(),
  boolean: t.boolean(),
  int32: t.int32(),
  integer: t.integer(),
  int64: t.int64(),
  number: t.number(),
  bytes: t.bytes(),
  timestamp: t.timestamp(),
  enum: t.enum(["red", "green"]),
  list: t.list(t.int64()),
  map: t.map(t.timestamp()),
  object: t.object({ city: t.string() }),
  oneof: t.oneof({ card: t.object({ number: t.string() }), cash: t.bytes() }),
  nullable: t.int64().nullable(),
  json: t.json(),
});

const everything = {
  string: 'quote " and \u2028 and \ud83d\ude00',
  boolean: false,
  int32: -(2 ** 31),
  integer: 2 ** 53 - 1,
  int64: 2n ** 63n - 1n,
  number: 1e-7,
  bytes: new Uint8Array([0, 255, 128]),
  timestamp: new Date("2026-01-31T09:30:00.123Z"),
  enum: "green",
  list: [1n, -2n],
  map: { born: new Date(0) },
  object: { city: "Roma" },
  oneof: { cash: new Uint8Array([1]) },
  nullable: null,
  json: [1, { a: [null, "x"] }],
} as const;

test("createJsonCodec() writes every kind as JSON has it and reads it back", () => {
  const { encode, decode } = codecOf(Everything);
  const text = encode(everything);
  const { int64, bytes, timestamp, oneof, list } = JSON.parse(text);
  assert.deepEqual(
    { int64, bytes, timestamp, oneof, list },
    {
      int64: "9223372036854775807",
      bytes: "AP+A",
      timestamp: "2026-01-31T09:30:00.123Z",
      oneof: { cash: "AQ==" },
      list: ["1", "-2"],
    },
  );
  assert.deepEqual(decode(text), everything);
});

test("encode() leaves out what the shape does not have, and undefined optional fields", () => {
  const { encode } = codecOf(
    t.object({
      name: t.string(),
      nick: t.string().optional(),
      home: t.object({ city: t.string() }),
      stops: t.list(t.object({ city: t.string() })),
    }),
  );
  const inner = { city: "Roma", secret: 1 };
  const value = { password: "x", name: "Ann", nick: undefined, home: inner, stops: [inner] };
  assert.equal(encode(value), '{"name":"Ann","home":{"city":"Roma"},"stops":[{"city":"Roma"}]}');
});

test("encode() refuses an object where a scalar is due, so that nothing undeclared leaks", () => {
  const { encode } = codecOf(t.object({ owner: t.string() }));
  assert.throws(() => encode({ owner: { password: "x" } }), invalid("owner"));
});

test("encode() passes a scalar of the wrong type on, for the far side to name", () => {
  const { encode } = codecOf(t.object({ name: t.string(), n: t.int32().optional() }));
  assert.equal(encode({ name: 7, n: null }), '{"name":7,"n":null}');
  assert.equal(encode({}), "{}");
});

test("encode() refuses numbers that JSON lacks, with the path", () => {
  const { encode } = codecOf(t.object({ points: t.list(t.object({ lat: t.number() })) }));
  for (const lat of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => encode({ points: [{ lat: 1 }, { lat }] }), invalid("points[1].lat"));
  }
});

test("encode() refuses dates that RFC 3339 cannot say", () => {
  const { encode } = codecOf(t.object({ at: t.timestamp() }));
  for (const at of [new Date(Number.NaN), new Date(8.64e15)]) {
    assert.throws(() => encode({ at }), invalid("at"));
  }
});

test("encode() refuses json that JSON.stringify would change, and cycles", () => {
  const { encode } = codecOf(t.object({ data: t.json() }));
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  for (const data of [new Date(), () => 1, [Number.NaN], cycle]) {
    assert.throws(() => encode({ data }), { code: "invalid_argument" });
  }
  assert.equal(encode({ data: { a: undefined, b: [undefined] } }), '{"data":{"b":[null]}}');
});

test("decode() drops unknown fields and sets defaults, at every depth and a new one each time", () => {
  const { decode } = codecOf(
    t.object({
      tags: t.list(t.string()).default(["a"]),
      seats: t.int32().default(4),
      at: t.timestamp().default(new Date(0)),
      inner: t.object({ n: t.int64().default(5n) }),
    }),
  );
  const first = decode('{"new":1,"inner":{"new":2}}');
  const expected = { tags: ["a"], seats: 4, at: new Date(0), inner: { n: 5n } };
  assert.deepEqual(first, expected);
  // The first one is its reader's own.
  (first as typeof expected).tags.push("b");
  (first as typeof expected).at.setTime(1);
  assert.deepEqual(decode('{"inner":{}}'), expected);
});

test("decode() keeps null apart from absent", () => {
  const { decode } = codecOf(t.object({ nick: t.string().nullable().default("none") }));
  assert.deepEqual(decode('{"nick":null}'), { nick: null });
  assert.deepEqual(decode("{}"), { nick: "none" });
});

test("decode() passes a wrong type on, for the schema to name", () => {
  const { decode } = codecOf(Everything);
  const wrong = { int64: "1e3", bytes: "no base64!", timestamp: "yesterday", object: [1], map: 3 };
  assert.deepEqual(decode(JSON.stringify(wrong)), wrong);
  for (const whole of ["null", "7", '"x"', "[]"])
    assert.deepEqual(decode(whole), JSON.parse(whole));
});

test("decode() takes an int64 as a number while it is exact", () => {
  const { decode } = codecOf(t.object({ n: t.int64() }));
  assert.deepEqual(decode('{"n":42}'), { n: 42n });
  assert.deepEqual(decode(`{"n":${2 ** 53}}`), { n: 2 ** 53 });
  assert.deepEqual(decode(`{"n":"${"9".repeat(1000)}"}`), { n: "9".repeat(1000) });
});

test("decode() takes base64 of both alphabets and times of every zone", () => {
  const { decode } = codecOf(t.object({ b: t.bytes(), at: t.timestamp() }));
  assert.deepEqual(decode('{"b":"-_8","at":"2026-01-31T10:30:00+01:00"}'), {
    b: new Uint8Array([251, 255]),
    at: new Date("2026-01-31T09:30:00Z"),
  });
});

test("decode() takes the last of a key that is there twice", () => {
  const { decode } = codecOf(t.object({ n: t.int32() }));
  assert.deepEqual(decode('{"n":1,"n":2}'), { n: 2 });
});

test("decode() refuses what is not JSON", () => {
  const { decode } = codecOf(t.object({ n: t.int32() }));
  for (const text of ["", "{", "{}{}", "{'n':1}", "NaN"]) {
    assert.throws(() => decode(text), { code: "invalid_argument", maybeExecuted: false });
  }
});

test("decode() shares no memory with the bytes", () => {
  const codec = createJsonCodec(messageShapeOf(t.object({ b: t.bytes() }), "input", "the test"));
  const bytes = Buffer.from('{"b":"AQID"}');
  const { b } = codec.decode(bytes, 0, bytes.length) as { b: Uint8Array };
  bytes.fill(0);
  assert.deepEqual(b, new Uint8Array([1, 2, 3]));
});

test("the codec takes any name as data and never as a prototype or as code", () => {
  const names = ["__proto__", "constructor", "toString", 'a"];throw 1//', "${x}", "\u2028\\", ""];
  const fields = Object.fromEntries(names.map((name) => [name, t.string()]));
  const Hostile = t.object({ fields: t.object(fields), map: t.map(t.string()), data: t.json() });
  const { encode, decode } = codecOf(Hostile);
  const record = Object.fromEntries(names.map((name) => [name, "x"]));
  const value = { fields: record, map: record, data: record };
  assert.deepEqual(decode(encode(value)), value);
  assert.equal(
    Object.getPrototypeOf((decode(encode(value)) as typeof value).map),
    Object.prototype,
  );
  // A field that is not there is not what every object inherits.
  assert.deepEqual(decode('{"fields":{},"map":{}}'), { fields: {}, map: {} });
  assert.equal(encode({ fields: {}, map: {} }), '{"fields":{},"map":{}}');
  assert.equal(({} as Record<string, unknown>)["x"], undefined);
});

interface Tree {
  name: string;
  children: Tree[];
}

test("the codec follows recursive types and refuses them beyond the depth limit, both ways", () => {
  const Node = t.recursive<Tree>("Tree", (tree) => {
    return t.object({ name: t.string(), children: t.list(tree) });
  });
  const { encode, decode } = codecOf(Node);
  const nested = (levels: number): Tree => {
    return { name: "x", children: levels > 1 ? [nested(levels - 1)] : [] };
  };
  const deepest = nested(depthMax / 2);
  assert.deepEqual(decode(encode(deepest)), deepest);
  const tooDeep = nested(depthMax / 2 + 1);
  assert.throws(() => encode(tooDeep), {
    code: "invalid_argument",
    message: /nested deeper than 64/,
  });
  assert.throws(() => decode(JSON.stringify(tooDeep)), {
    code: "invalid_argument",
    message: /deeper/,
  });
  const cycle: Tree = { name: "x", children: [] };
  cycle.children.push(cycle);
  assert.throws(() => encode(cycle), { code: "invalid_argument" });
});

test("the codec refuses json beyond the depth limit, also a hundred thousand levels", () => {
  const { encode, decode } = codecOf(t.object({ data: t.json() }));
  const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  const deepest = `{"data":${nested(depthMax - 1)}}`;
  assert.equal(encode(decode(deepest)), deepest);
  for (const levels of [depthMax, 100_000]) {
    assert.throws(() => decode(`{"data":${nested(levels)}}`), { code: "invalid_argument" });
  }
  let data: Json = [];
  for (let level = 0; level < depthMax; level++) data = [data];
  assert.throws(() => encode({ data }), { code: "invalid_argument" });
});

/** An `invalid_argument` with a violation at the path. */
function invalid(path: string) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof ReefError);
    assert.equal(error.code, "invalid_argument");
    assert.deepEqual(
      error.violations?.map((violation) => violation.path),
      [path],
    );
    return true;
  };
}
