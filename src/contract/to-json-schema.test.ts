import assert from "node:assert/strict";
import { test } from "node:test";
import { t } from "./builder.ts";
import { shapeFromJsonSchema } from "./from-json-schema.ts";
import { toJsonSchema } from "./to-json-schema.ts";

interface Tree {
  children: Tree[];
}

const Message = t.object({
  name: t.string({ maxLength: 9 }).describe("Who"),
  seats: t.int32({ minimum: 1 }).default(2),
  nick: t.string().nullable().optional(),
  id: t.int64(),
  photo: t.bytes(),
  at: t.timestamp(),
  size: t.enum(["s", "l"]),
  stops: t.list(t.object({}), { minItems: 1 }),
  labels: t.map(t.number()),
  pay: t.oneof({ cash: t.boolean(), card: t.string() }),
  data: t.json(),
  tree: t.recursive<Tree>("Tree", (tree) => t.object({ children: t.list(tree) })).optional(),
});

test("toJsonSchema() says every kind in the words of 2020-12", () => {
  const schema = toJsonSchema(Message.shape);
  assert.equal(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  assert.deepEqual(schema["properties"], {
    name: { type: "string", maxLength: 9, description: "Who" },
    seats: { type: "integer", minimum: 1, maximum: 2_147_483_647, default: 2 },
    nick: { anyOf: [{ type: "string" }, { type: "null" }] },
    id: { type: "string", format: "int64", pattern: "^-?[0-9]{1,19}$" },
    photo: { type: "string", contentEncoding: "base64" },
    at: { type: "string", format: "date-time" },
    size: { type: "string", enum: ["s", "l"] },
    stops: { type: "array", items: { type: "object", properties: {} }, minItems: 1 },
    labels: { type: "object", additionalProperties: { type: "number" } },
    pay: {
      oneOf: [
        { type: "object", properties: { cash: { type: "boolean" } }, required: ["cash"] },
        { type: "object", properties: { card: { type: "string" } }, required: ["card"] },
      ],
    },
    data: {},
    tree: {
      type: "object",
      properties: { children: { type: "array", items: { $ref: "#/$defs/Tree" } } },
      required: ["children"],
    },
  });
  assert.ok("Tree" in Object(schema["$defs"]));
});

test("toJsonSchema() requires a field with a default of the reader's side only", () => {
  assert.ok(!(toJsonSchema(Message.shape)["required"] as string[]).includes("seats"));
  const output = toJsonSchema(Message.shape, { side: "output" });
  assert.ok((output["required"] as string[]).includes("seats"));
  assert.ok(!(output["required"] as string[]).includes("nick"));
});

test("toJsonSchema() says nothing that shapeFromJsonSchema() cannot read", () => {
  const shape = shapeFromJsonSchema(toJsonSchema(Message.shape));
  assert.ok(shape.kind === "object");
  assert.deepEqual(Object.keys(shape.fields), Object.keys(Object(Message.shape).fields));
  assert.deepEqual(shape.fields["pay"]?.shape, {
    kind: "oneof",
    variants: { cash: { kind: "boolean" }, card: { kind: "string" } },
  });
  assert.deepEqual(shape.definitions?.["Tree"], {
    kind: "object",
    fields: { children: { shape: { kind: "list", items: { kind: "ref", to: "Tree" } } } },
  });
});

test("toJsonSchema() takes any name as data", () => {
  const shape = t.object({ ["__proto__"]: t.string() }).shape;
  const text = JSON.stringify(toJsonSchema(shape)["properties"]);
  assert.equal(text, '{"__proto__":{"type":"string"}}');
});
