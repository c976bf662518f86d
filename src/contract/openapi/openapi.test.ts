import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Validator } from "@seriousme/openapi-schema-validator";
import * as taxi from "../../../examples/taxi/contracts.ts";
import { t } from "../builder.ts";
import { encodeText } from "../byte-sink.ts";
import { type Contract, contract } from "../contract.ts";
import type { ContractDescriptor } from "../descriptor.ts";
import type { ObjectShape } from "../shape.ts";
import { method, notify, stream } from "../method.ts";
import { type OpenApiDocument, openApiOf } from "./openapi.ts";

/** What somebody else says of the document. */
async function validated(document: OpenApiDocument): Promise<OpenApiDocument> {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  assert.deepEqual([valid, errors], [true, undefined]);
  assert.doesNotThrow(() => validator.resolveRefs());
  return document;
}

/** Follows the keys of a document. */
function at(document: unknown, ...keys: readonly string[]): unknown {
  let found = document;
  for (const key of keys) {
    assert.ok(typeof found === "object" && found !== null && key in found, `no ${key}`);
    found = Reflect.get(found, key);
  }
  return found;
}

interface Tree {
  readonly name: string;
  readonly children: readonly Tree[];
}

const TreeType = t.recursive<Tree>("Tree", (tree) => {
  return t.object({ name: t.string(), children: t.list(tree).default([]) });
});

const Everything = t.object({
  text: t.string({ minLength: 1, maxLength: 80, pattern: /^[a-z]+$/ }).describe("Some text"),
  flag: t.boolean(),
  small: t.int32({ minimum: 1 }),
  whole: t.integer(),
  big: t.int64(),
  number: t.number({ maximum: 1.5 }),
  bytes: t.bytes({ maxBytes: 10 }),
  when: t.timestamp(),
  anything: t.json(),
  word: t.enum(["a", "b"]),
  list: t.list(t.object({ x: t.int64() }), { minItems: 1 }),
  map: t.map(t.list(t.string())),
  either: t.oneof({ card: t.object({ number: t.string() }), cash: t.boolean() }),
  tree: TreeType,
  nothing: t.string().nullable(),
  perhaps: t.string().optional(),
  usual: t.int32().default(7),
});

const Shapes = contract(
  "shapes",
  {
    echo: method({
      description: "Says it again.\nAll of it.",
      input: Everything,
      output: Everything,
      errors: {
        tooMuch: { code: "resource_exhausted", data: Everything, description: "It is too much" },
        late: { code: "deadline_exceeded" },
      },
      http: { route: "PUT /echoes/{text}", status: 201, location: "/echoes/{text}" },
      idempotent: true,
    }),
    read: method({
      input: t.object({
        name: t.string(),
        tags: t.list(t.enum(["x", "y"])),
        at: t.timestamp().optional(),
      }),
      output: TreeType,
      http: "GET /echoes/{name}",
      idempotent: true,
    }),
    grow: method({ input: TreeType, output: t.object({ tree: TreeType }) }),
    change: method({
      input: t.object({ id: t.string(), tree: TreeType }),
      http: { route: "PATCH /trees/{id}", status: 204, body: "tree" },
    }),
    make: method({ input: TreeType, http: { route: "POST /make", status: 202 } }),
    tell: notify({ input: t.object({ text: t.string() }) }),
    watch: method({ output: stream(t.object({ n: t.int32() })), http: "GET /watch" }),
    sum: method({ input: stream(t.object({ n: t.int32() })), output: t.object({ n: t.int32() }) }),
    chat: method({ input: stream(Everything), output: stream(Everything) }),
  },
  { version: "2.1.0", description: "Every kind of shape" },
);

test("openApiOf() is valid for the contracts of the tour", async () => {
  const contracts = Object.values<object>(taxi).filter(isContract);
  assert.ok(contracts.length >= 4, "the tour has contracts");
  const document = await validated(openApiOf(contracts.map(({ descriptor }) => descriptor)));
  at(document, "paths", "/passenger/passengers/{id}", "get");
});

function isContract(value: object): value is Contract {
  return "descriptor" in value && "digest" in value;
}

test("openApiOf() is valid for every kind of shape and method", async () => {
  const document = await validated(openApiOf([Shapes.descriptor]));
  assert.deepEqual(at(document, "info"), {
    title: "shapes",
    version: "2.1.0",
    description: "Every kind of shape",
  });
  const echo = at(document, "paths", "/shapes/echo", "post");
  assert.equal(at(echo, "operationId"), "shapes_echo");
  assert.equal(at(echo, "summary"), "Says it again.");
  assert.equal(at(echo, "x-reef-idempotent"), true);
});

test("openApiOf() has schemas that take what a service writes, and nothing else", () => {
  const document = openApiOf([Shapes.descriptor]);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "openapi", components: at(document, "components") });
  const validate = ajv.getSchema("openapi#/components/schemas/shapes.echo.output");
  assert.ok(validate);
  const codec = Shapes.methods.echo.output?.json;
  assert.ok(codec);
  const written = {
    text: "hello",
    flag: true,
    small: 1,
    whole: 2 ** 40,
    big: 2n ** 62n,
    number: 1.25,
    bytes: Buffer.from("abc"),
    when: new Date(0),
    anything: [null, { a: 1 }],
    word: "a",
    list: [{ x: -1n }],
    map: { a: ["b"] },
    either: { card: { number: "1" } },
    tree: { name: "root", children: [{ name: "leaf", children: [] }] },
    nothing: null,
  };
  const answer = JSON.parse(encodeText(codec, { ...written, usual: 7 }));
  assert.equal(validate(answer), true, JSON.stringify(validate.errors));
  for (const wrong of [
    { text: "" },
    { small: 0 },
    { big: 1 },
    { word: "c" },
    { either: {} },
    { tree: { name: "root", children: [{}] } },
    { usual: undefined },
  ]) {
    assert.equal(validate({ ...answer, ...wrong }), false, JSON.stringify(wrong));
  }
});

test("openApiOf() says what a binding takes and answers", async () => {
  const document = openApiOf([Shapes.descriptor]);
  const put = at(document, "paths", "/shapes/echoes/{text}", "put");
  assert.deepEqual(Object.keys(at(put, "responses") as object), ["201", "429", "504", "default"]);
  at(put, "responses", "201", "headers", "Location");
  const body = at(document, "components", "schemas", "shapes.echo.body", "properties") as object;
  assert.ok(!("text" in body) && "flag" in body);
  // Another name for its field, and one path to OpenAPI.
  const get = at(document, "paths", "/shapes/echoes/{text}", "get");
  const parameters = at(get, "parameters") as { name: string; in: string; required?: boolean }[];
  assert.deepEqual(
    parameters.map(({ name, in: where, required }) => [name, where, required]),
    [
      ["text", "path", true],
      ["tags", "query", true],
      ["at", "query", undefined],
    ],
  );
  at(get, "responses", "200", "headers", "ETag");
  at(get, "responses", "304");
  const patch = at(document, "paths", "/shapes/trees/{id}", "patch");
  assert.deepEqual(at(patch, "requestBody", "content", "application/json", "schema"), {
    $ref: "#/components/schemas/shapes.change.body/properties/tree",
  });
  assert.deepEqual(at(patch, "responses", "204"), { description: "It was done" });
  // Bound to its own path: there once, with the status of the binding.
  at(document, "paths", "/shapes/make", "post", "responses", "202");
});

test("openApiOf() writes streams as events and lines, and their inputs as lines", () => {
  const document = openApiOf([Shapes.descriptor]);
  const chat = at(document, "paths", "/shapes/chat", "post");
  const item = { $ref: "#/components/schemas/shapes.chat.input" };
  const sent = at(chat, "requestBody", "content", "application/x-ndjson", "x-item-schema");
  assert.deepEqual(sent, item);
  const content = at(chat, "responses", "200", "content") as object;
  assert.deepEqual(Object.keys(content), ["text/event-stream", "application/x-ndjson"]);
  at(document, "paths", "/shapes/watch", "get", "responses", "200", "content", "text/event-stream");
  assert.deepEqual(at(document, "paths", "/shapes/tell", "post", "responses", "202"), {
    description: "It was accepted",
  });
});

test("openApiOf() writes typed errors as problems whose type and data are known", () => {
  const document = openApiOf([Shapes.descriptor]);
  const tooMuch = at(document, "components", "schemas", "shapes.echo.tooMuch");
  assert.deepEqual(at(tooMuch, "allOf", "1", "properties", "type"), {
    const: "urn:reef:error:shapes:tooMuch",
  });
  assert.deepEqual(at(tooMuch, "allOf", "1", "required"), ["data"]);
  assert.equal(at(tooMuch, "description"), "It is too much");
});

test("openApiOf() has a type once, however many messages use it, and two of one name apart", () => {
  const Other = contract("other", {
    a: method({ input: t.object({ tree: TreeType }), output: t.object({ tree: TreeType }) }),
    b: method({
      input: t.recursive<object>("Tree", (tree) => t.object({ left: tree.optional() })),
    }),
    c: method({ input: t.object({ Tree: TreeType }) }),
  });
  const schemas = at(openApiOf([Other.descriptor]), "components", "schemas") as object;
  const trees = Object.keys(schemas).filter((name) => name.includes("Tree"));
  // The default of a field is always there for a reader: so the two sides differ.
  assert.deepEqual(trees, ["other.Tree", "other.Tree.2", "other.Tree.3"]);
});

test("openApiOf() has two versions of a service beside each other", async () => {
  const next = contract("shapes", { echo: method({ input: Everything }) }, { version: "3.0.0" });
  const pathOf = ({ name, version }: ContractDescriptor): string => {
    return version === "3.0.0" ? `/v3/${name}` : `/${name}`;
  };
  const document = await validated(openApiOf([Shapes.descriptor, next.descriptor], { pathOf }));
  assert.equal(at(document, "paths", "/v3/shapes/echo", "post", "operationId"), "shapes_v3_echo");
  at(document, "components", "schemas", "shapes.v3.echo.input");
  assert.deepEqual(at(document, "paths", "/shapes/echo", "post", "tags"), ["shapes"]);
});

test("openApiOf() has a message of a .proto once under its full name, in its JSON", async () => {
  const Money: ObjectShape = {
    kind: "object",
    protoName: "shop.v1.Money",
    fields: {
      units: { shape: { kind: "int64" }, default: "0", implicit: true, number: 1 },
      kept: { shape: { kind: "object", wellKnown: "duration", fields: {} }, optional: true },
      fields: { shape: { kind: "object", wellKnown: "field_mask", fields: {} }, optional: true },
      more: { shape: { kind: "object", wellKnown: "any", fields: {} }, optional: true },
      name: { shape: { kind: "wrapper", inner: { kind: "string" } }, optional: true },
      level: { shape: { kind: "enum", values: ["LOW"], open: true }, optional: true },
      list: { shape: { kind: "json", as: "list" }, optional: true },
      share: { shape: { kind: "float" }, default: 0, implicit: true },
      size: { shape: { kind: "uint32" }, default: 0, implicit: true },
      total: { shape: { kind: "uint64" }, default: "0", implicit: true },
    },
  };
  const unary = { kind: "unary", input: Money, output: Money } as const;
  const document = await validated(
    openApiOf([
      {
        name: "shop",
        version: "1.0.0",
        methods: { pay: { name: "pay", ...unary }, owe: { name: "owe", ...unary } },
      },
    ]),
  );
  const schemas = at(document, "components", "schemas") as object;
  assert.deepEqual(Object.keys(schemas), ["Problem", "shop.v1.Money"]);
  const money = at(schemas, "shop.v1.Money");
  // What is zero is not written.
  assert.equal(Object.hasOwn(money as object, "required"), false);
  assert.deepEqual(at(money, "properties", "fields"), { type: "string" });
  const body = at(document, "paths", "/shop/pay", "post", "requestBody", "content") as object;
  assert.deepEqual(Object.keys(body), ["application/json"]);
});

test("openApiOf() offers protobuf where all fields have numbers", () => {
  const input: ObjectShape = {
    kind: "object",
    fields: { id: { shape: { kind: "string" }, number: 1 } },
  };
  const pay = { name: "pay", kind: "unary", input, output: input } as const;
  const document = openApiOf([{ name: "shop", version: "1.0.0", methods: { pay } }]);
  const post = at(document, "paths", "/shop/pay", "post");
  for (const place of [at(post, "requestBody"), at(post, "responses", "200")]) {
    const types = Object.keys(at(place, "content") as object);
    assert.deepEqual(types, ["application/json", "application/protobuf"]);
  }
});

test("openApiOf() takes names that only reef allows", async () => {
  const Odd = contract("odd", {
    m: method({
      input: t.object({
        "~/%ü": t.recursive<object>("A b/ü", (a) => t.object({ a: a.optional() })),
      }),
      errors: { input: { code: "aborted" }, data: { code: "aborted", data: t.object({}) } },
      http: { route: "POST /x", body: "~/%ü" },
    }),
  });
  await validated(openApiOf([Odd.descriptor]));
});
