import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type as ark } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { encodeBytes } from "./byte-sink.ts";
import { t } from "./builder.ts";
import { createMessage } from "./create-message.ts";
import { messageShapeOf } from "./schema-shape.ts";
import type { Shape } from "./shape.ts";
import type { StandardSchema } from "./standard-schema.ts";

interface Case {
  readonly name: string;
  /** The field `x` of the message, as each library says it; absent where a library has no word for it. */
  readonly schemas: { readonly [library: string]: StandardSchema };
  /** What becomes of the field `x`. */
  readonly shape: Shape;
  readonly optional?: true;
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
}

/** Valibot schemas need their wrapper for JSON Schema, which is theirs to apply. */
const valibot = (schema: Parameters<typeof toStandardJsonSchema>[0]): StandardSchema =>
  toStandardJsonSchema(schema);

const point: Shape = { kind: "object", fields: { city: { shape: { kind: "string" } } } };

const cases: readonly Case[] = [
  {
    name: "a string",
    schemas: {
      t: t.object({ x: t.string() }),
      zod: z.object({ x: z.string() }),
      arktype: ark({ x: "string" }),
      valibot: valibot(v.object({ x: v.string() })),
    },
    shape: { kind: "string" },
    good: ["", "text"],
    bad: [1, null, undefined, {}],
  },
  {
    name: "a string with a format, which stays the library's own rule",
    schemas: {
      zod: z.object({ x: z.email() }),
      "zod with several": z.object({ x: z.string().startsWith("ann").endsWith("org") }),
      arktype: ark({ x: "string.email" }),
      valibot: valibot(v.object({ x: v.pipe(v.string(), v.email()) })),
    },
    shape: { kind: "string" },
    good: ["ann@example.org"],
    bad: ["ann", 1],
  },
  {
    name: "a boolean",
    schemas: {
      t: t.object({ x: t.boolean() }),
      zod: z.object({ x: z.boolean() }),
      arktype: ark({ x: "boolean" }),
      valibot: valibot(v.object({ x: v.boolean() })),
    },
    shape: { kind: "boolean" },
    good: [true, false],
    bad: ["true", 0, null],
  },
  {
    name: "a number",
    schemas: {
      t: t.object({ x: t.number() }),
      zod: z.object({ x: z.number() }),
      arktype: ark({ x: "number" }),
      valibot: valibot(v.object({ x: v.number() })),
    },
    shape: { kind: "double" },
    good: [1.5, -1, 0],
    bad: ["1", null],
  },
  {
    name: "an integer with bounds",
    schemas: {
      t: t.object({ x: t.integer({ minimum: 1, maximum: 9 }) }),
      zod: z.object({ x: z.int().min(1).max(9) }),
      arktype: ark({ x: "1 <= number.integer <= 9" }),
      valibot: valibot(
        v.object({ x: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9)) }),
      ),
    },
    shape: { kind: "integer", minimum: 1, maximum: 9 },
    good: [1, 9],
    bad: [0, 10, 1.5, "1"],
  },
  {
    name: "an optional string",
    schemas: {
      t: t.object({ x: t.string().optional() }),
      zod: z.object({ x: z.string().optional() }),
      arktype: ark({ "x?": "string" }),
      valibot: valibot(v.object({ x: v.optional(v.string()) })),
    },
    shape: { kind: "string" },
    optional: true,
    good: [undefined, "text"],
    bad: [1, null],
  },
  {
    name: "a nullable string",
    schemas: {
      t: t.object({ x: t.string().nullable() }),
      zod: z.object({ x: z.string().nullable() }),
      arktype: ark({ x: "string | null" }),
      valibot: valibot(v.object({ x: v.nullable(v.string()) })),
    },
    shape: { kind: "nullable", inner: { kind: "string" } },
    good: [null, "text"],
    bad: [1, undefined],
  },
  {
    name: "an enum",
    schemas: {
      t: t.object({ x: t.enum(["green", "red"]) }),
      zod: z.object({ x: z.enum(["green", "red"]) }),
      "zod literals": z.object({ x: z.union([z.literal("green"), z.literal("red")]) }),
      arktype: ark({ x: "'red' | 'green'" }),
      valibot: valibot(v.object({ x: v.picklist(["green", "red"]) })),
    },
    shape: { kind: "enum", values: ["green", "red"] },
    good: ["red", "green"],
    bad: ["blue", null, 1],
  },
  {
    name: "a list of objects",
    schemas: {
      t: t.object({ x: t.list(t.object({ city: t.string() })) }),
      zod: z.object({ x: z.array(z.object({ city: z.string() })) }),
      arktype: ark({ x: ark({ city: "string" }).array() }),
      valibot: valibot(v.object({ x: v.array(v.object({ city: v.string() })) })),
    },
    shape: { kind: "list", items: point },
    good: [[], [{ city: "Roma" }]],
    bad: [{}, [{}], [null], "x"],
  },
  {
    name: "a map",
    schemas: {
      t: t.object({ x: t.map(t.number()) }),
      zod: z.object({ x: z.record(z.string(), z.number()) }),
      arktype: ark({ x: { "[string]": "number" } }),
      valibot: valibot(v.object({ x: v.record(v.string(), v.number()) })),
    },
    shape: { kind: "map", values: { kind: "double" } },
    good: [{}, { a: 1, "b c": 2 }],
    bad: [{ a: "1" }, "x", 1],
  },
  {
    name: "a oneof, in JSON Schema a union of objects with one key each",
    schemas: {
      t: t.object({
        x: t.oneof({ card: t.object({ city: t.string() }), cash: t.object({ city: t.string() }) }),
      }),
      zod: z.object({
        x: z.union([
          z.object({ card: z.object({ city: z.string() }) }),
          z.object({ cash: z.object({ city: z.string() }) }),
        ]),
      }),
      arktype: ark({ x: ark({ card: { city: "string" } }).or({ cash: { city: "string" } }) }),
      valibot: valibot(
        v.object({
          x: v.union([
            v.object({ card: v.object({ city: v.string() }) }),
            v.object({ cash: v.object({ city: v.string() }) }),
          ]),
        }),
      ),
    },
    shape: { kind: "oneof", variants: { card: point, cash: point } },
    good: [{ card: { city: "Roma" } }, { cash: { city: "Roma" } }],
    bad: [{}, { card: {} }, { other: 1 }, "x"],
  },
  {
    name: "an intersection of objects",
    schemas: {
      zod: z.object({ x: z.object({ a: z.string() }).and(z.object({ b: z.boolean() })) }),
      arktype: ark({ x: ark({ a: "string" }).and({ b: "boolean" }) }),
      valibot: valibot(
        v.object({ x: v.intersect([v.object({ a: v.string() }), v.object({ b: v.boolean() })]) }),
      ),
    },
    shape: {
      kind: "object",
      fields: { a: { shape: { kind: "string" } }, b: { shape: { kind: "boolean" } } },
    },
    good: [{ a: "x", b: true }],
    bad: [{ a: "x" }, { b: true }],
  },
  {
    name: "free JSON",
    schemas: {
      t: t.object({ x: t.json() }),
      zod: z.object({ x: z.unknown() }),
      arktype: ark({ x: "unknown" }),
      valibot: valibot(v.object({ x: v.unknown() })),
    },
    shape: { kind: "json" },
    good: [null, 1, [{ a: [] }]],
    bad: [],
  },
];

for (const { name, schemas, shape, optional, good, bad } of cases) {
  describe(`messageShapeOf() of ${name}`, () => {
    for (const [library, schema] of Object.entries(schemas)) {
      test(`by ${library}`, async () => {
        const field = { shape, ...(optional && { optional }) };
        const expected = { kind: "object", fields: { x: field } };
        assert.deepEqual(messageShapeOf(schema, "input", "the test"), expected);
        assert.deepEqual(messageShapeOf(schema, "output", "the test"), expected);
        const message = createMessage(messageShapeOf(schema, "input", "the test"), schema);
        for (const x of good) {
          const value = x === undefined ? {} : { x };
          assert.deepEqual(await message.validate(travel(message, value)), value);
        }
        for (const x of bad) {
          const validate = async (): Promise<unknown> => message.validate(travel(message, { x }));
          await assert.rejects(validate, { code: "invalid_argument" }, JSON.stringify(x));
        }
      });
    }
  });
}

describe("messageShapeOf() of a default", () => {
  const schemas = {
    t: t.object({ x: t.integer().default(3) }),
    zod: z.object({ x: z.int().default(3) }),
    valibot: valibot(v.object({ x: v.optional(v.pipe(v.number(), v.integer()), 3) })),
    arktype: ark({ x: "number.integer = 3" }),
  };
  for (const [library, schema] of Object.entries(schemas)) {
    test(`by ${library} is set for the reader of an input`, async () => {
      const message = createMessage(messageShapeOf(schema, "input", "the test"), schema);
      assert.deepEqual(await message.validate(travel(message, {})), { x: 3 });
    });
  }
  test("is set for the reader of an output, unless the library does not say it", () => {
    for (const schema of [schemas.t, schemas.zod, schemas.valibot]) {
      const message = createMessage(messageShapeOf(schema, "output", "the test"), schema);
      assert.deepEqual(message.copy({}), { x: 3 });
    }
    const place = "greeter.hello output";
    assert.throws(() => messageShapeOf(schemas.arktype, "output", place), {
      message: /greeter\.hello output: at x: its default is not in the JSON Schema/,
    });
  });
});

interface Tree {
  name: string;
  children: Tree[];
}

describe("messageShapeOf() of a recursive type", () => {
  const ZodTree = z.object({
    name: z.string(),
    get children() {
      return z.array(ZodTree);
    },
  });
  const ValibotTree: v.GenericSchema<Tree> = v.object({
    name: v.string(),
    children: v.array(v.lazy(() => ValibotTree)),
  });
  const schemas: { readonly [library: string]: StandardSchema } = {
    t: t.recursive<Tree>("Tree", (tree) => t.object({ name: t.string(), children: t.list(tree) })),
    zod: ZodTree,
    "zod inside": z.object({ name: z.string(), children: z.array(ZodTree) }),
    arktype: ark.module({ tree: { name: "string", children: "tree[]" } }).tree,
    valibot: valibot(ValibotTree),
  };
  const value = { name: "a", children: [{ name: "b", children: [{ name: "c", children: [] }] }] };
  for (const [library, schema] of Object.entries(schemas)) {
    test(`by ${library}`, async () => {
      const message = createMessage(messageShapeOf(schema, "input", "the test"), schema);
      const seen = travel(message, { ...value, secret: 1 });
      assert.deepEqual(await message.validate(seen), value);
      const wrong = travel(message, { name: "a", children: [{ name: 1, children: [] }] });
      await assert.rejects(async () => message.validate(wrong), { code: "invalid_argument" });
    });
  }
  test("by ArkType has names that are the same in every process", () => {
    const { definitions } = messageShapeOf(
      schemas["arktype"] as StandardSchema,
      "input",
      "the test",
    );
    assert.deepEqual(Object.keys(definitions ?? {}), ["Type1", "Type2"]);
  });
});

describe("messageShapeOf() refuses, with the place and what to do instead,", () => {
  const refusals: { readonly [name: string]: readonly [StandardSchema, RegExp] } = {
    "a union": [
      z.object({ a: z.object({ x: z.union([z.string(), z.number()]) }) }),
      /at a\.x: a union of types .* use an object/,
    ],
    "a union by ArkType": [ark({ x: "string | number" }), /at x: a union of types/],
    "a union by valibot": [
      valibot(v.object({ x: v.union([v.string(), v.number()]) })),
      /at x: a union of types/,
    ],
    "a discriminated union": [
      z.object({
        x: z.discriminatedUnion("k", [
          z.object({ k: z.literal("a") }),
          z.object({ k: z.literal("b") }),
        ]),
      }),
      /at x: a union of types/,
    ],
    "a tuple": [
      z.object({ x: z.tuple([z.string(), z.number()]) }),
      /at x: a tuple .* object with a field for each/,
    ],
    "a date of zod": [z.object({ x: z.date() }), /Date cannot be represented/],
    "a date of ArkType": [
      ark({ x: "Date" }),
      /ArkType cannot say "date" in JSON Schema; send a string or use t/,
    ],
    "a map of lists of tuples": [
      z.object({ m: z.record(z.string(), z.array(z.tuple([z.string()]))) }),
      /at m\.\*\[\]: a tuple|at m\["\*"\]\[\]: a tuple/,
    ],
    "a top that is no object": [
      z.array(z.string()),
      /a message is an object, this is a list; put it into a field/,
    ],
    "a map as the top": [z.record(z.string(), z.string()), /this is a map/],
    "a top of ours that is no object": [t.string(), /this is a string/],
    "mixed constants": [z.object({ x: z.literal(["a", 1]) }), /constants are of several types/],
    "an intersection of fields that overlap": [
      z.object({ x: z.intersection(z.object({ a: z.string() }), z.object({ a: z.number() })) }),
      /write it as one object/,
    ],
    "a schema of valibot without its wrapper": [
      v.object({ x: v.string() }),
      /toStandardJsonSchema\(schema\) of @valibot/,
    ],
    "a schema that gives no JSON Schema": [
      { "~standard": { version: 1, vendor: "other", validate: (value) => ({ value }) } },
      /other gives it no JSON Schema/,
    ],
  };
  for (const [name, [schema, message]] of Object.entries(refusals)) {
    test(name, () => {
      const make = (): unknown => messageShapeOf(schema, "input", "greeter.hello input");
      assert.throws(make, { code: "invalid_argument", message });
      assert.throws(make, { message: /^Cannot use the schema of greeter\.hello input: / });
    });
  }
});

test("messageShapeOf() sends what the sender writes of an input, and refuses a transformed output", () => {
  for (const schema of [
    z.object({ x: z.string().transform(Number) }),
    ark({ x: "string.numeric.parse" }),
  ]) {
    const shape = messageShapeOf(schema, "input", "the test");
    assert.deepEqual(shape.fields["x"], { shape: { kind: "string" } });
    const message = createMessage(shape, schema);
    assert.deepEqual(message.validate(travel(message, { x: "7" })), { x: 7 });
    assert.throws(() => messageShapeOf(schema, "output", "the test"), { code: "invalid_argument" });
  }
  const codec = ark({ x: "string.numeric.parse" });
  assert.throws(() => messageShapeOf(codec, "output", "the test"), /it transforms its values/);
});

/** Through the codec, as a message travels. */
function travel(message: ReturnType<typeof createMessage>, value: unknown): unknown {
  const bytes = encodeBytes(message.json, value);
  return message.json.decode(bytes, 0, bytes.length);
}
