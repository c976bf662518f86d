import assert from "node:assert/strict";
import { test } from "node:test";
import { type ObjectInput, t } from "./builder.ts";
import type { InputOf, OutputOf } from "./standard-schema.ts";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const User = t.object({
  name: t.string().describe("How people call it"),
  age: t.int32({ minimum: 0 }).optional(),
  role: t.enum(["admin", "guest"]).default("guest"),
  email: t.string().nullable(),
  pay: t.oneof({ card: t.object({ number: t.string() }), cash: t.boolean() }),
  tags: t.list(t.string()),
  labels: t.map(t.int64()),
});

test("t infers flat types, for the sender and for the reader", () => {
  true satisfies Same<
    InputOf<typeof User>,
    {
      name: string;
      email: string | null;
      pay: { card: { number: string } } | { cash: boolean };
      tags: readonly string[];
      labels: { [key: string]: bigint };
      age?: number | undefined;
      role?: "admin" | "guest" | undefined;
    }
  >;
  true satisfies Same<
    OutputOf<typeof User>,
    {
      name: string;
      role: "admin" | "guest";
      email: string | null;
      pay: { card: { number: string } } | { cash: boolean };
      tags: string[];
      labels: { [key: string]: bigint };
      age?: number;
    }
  >;
  true satisfies Same<ObjectInput<{}>, {}>;
});

test("t carries the shape", () => {
  assert.deepEqual(t.object({ a: t.string({ minLength: 1, pattern: /^x/ }).describe("A") }).shape, {
    kind: "object",
    fields: { a: { shape: { kind: "string", minLength: 1, pattern: "^x", description: "A" } } },
  });
  assert.deepEqual(t.timestamp().nullable().nullable().shape, {
    kind: "nullable",
    inner: { kind: "timestamp" },
  });
});

test("t is a Standard Schema: it checks, drops what is not declared, and sets defaults", () => {
  const standard = User["~standard"];
  assert.equal(standard.version, 1);
  assert.equal(standard.vendor, "reef");
  const value = { name: "Ann", email: null, pay: { cash: true }, tags: [], labels: { a: 1n } };
  assert.deepEqual(standard.validate({ ...value, password: "x" }), {
    value: { ...value, role: "guest" },
  });
  assert.deepEqual(standard.validate({ ...value, labels: { "a b": 1 } }).issues, [
    {
      path: ["labels", "a b"],
      message: "must be a whole number of 64 bits (a decimal string in JSON), is 1",
    },
  ]);
});

test("t gives its JSON Schema, for both sides", () => {
  const { jsonSchema } = t.object({ n: t.int32().default(1) })["~standard"];
  const options = { target: "draft-2020-12" } as const;
  assert.equal(jsonSchema.input(options)["required"], undefined);
  assert.deepEqual(jsonSchema.output(options)["required"], ["n"]);
});

test("default() takes the value as a sender writes it and refuses one that breaks the rules", () => {
  assert.equal(t.int64().default(5n).defaultJson, "5");
  assert.equal(t.bytes().default(new Uint8Array([1])).defaultJson, "AQ==");
  assert.throws(() => t.int32({ minimum: 1 }).default(0), {
    code: "invalid_argument",
    message: "Cannot use the default 0: must be at least 1, is 0",
  });
});

interface Tree {
  name: string;
  children: Tree[];
}

test("recursive() names its definition once, however often it is used", () => {
  const Node = t.recursive<Tree>("Tree", (tree) => {
    return t.object({ name: t.string(), children: t.list(tree) });
  });
  const { shape } = t.object({ left: Node, right: Node.optional() });
  assert.ok(shape.kind === "object");
  assert.deepEqual(Object.keys(shape.definitions ?? {}), ["Tree"]);
  const leaf = { name: "x", children: [] };
  const { issues } = t.list(Node)["~standard"].validate([leaf, { name: "y", children: [{}] }]);
  assert.deepEqual(
    issues?.map(({ path }) => path),
    [
      [1, "children", 0, "name"],
      [1, "children", 0, "children"],
    ],
  );
});

test("recursive() refuses two types of one name", () => {
  const A = t.recursive<object>("Same", () => t.object({}));
  const B = t.recursive<object>("Same", () => t.object({ x: t.string().optional() }));
  assert.throws(() => t.object({ a: A, b: B }), /Cannot define "Same" twice/);
});
