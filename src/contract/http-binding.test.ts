import assert from "node:assert/strict";
import { test } from "node:test";
import { t } from "./builder.ts";
import { httpBindingKey, parseHttpBinding, readHttpBinding } from "./http-binding.ts";
import { messageShapeOf } from "./schema-shape.ts";
import type { Shape } from "./shape.ts";

// What is refused is a row in contract.test.ts, where authors meet it.

const input = messageShapeOf(t.object({ id: t.int64(), tags: t.list(t.string()) }), "input", "x");

test("parseHttpBinding() says what stands in the path and where the rest comes from", () => {
  assert.deepEqual(parseHttpBinding("GET /trips/{id}", { kind: "unary", input }), {
    verb: "GET",
    segments: [{ literal: "trips" }, { field: "id" }],
    rest: "query",
    status: 200,
  });
  assert.deepEqual(parseHttpBinding("PUT /", { kind: "notify", input }), {
    verb: "PUT",
    segments: [],
    rest: "body",
    status: 202,
  });
});

test("parseHttpBinding() reads the status, the location and the body of a route", () => {
  const http = { route: "POST /{id}/trips", status: 201, location: "/trips/{id}", body: "tags" };
  assert.deepEqual(parseHttpBinding(http, { kind: "unary", input, output: input }), {
    verb: "POST",
    segments: [{ field: "id" }, { literal: "trips" }],
    rest: "query",
    bodyField: "tags",
    status: 201,
    location: [{ literal: "trips" }, { field: "id" }],
  });
});

test("parseHttpBinding() throws the rule that is broken", () => {
  assert.throws(() => parseHttpBinding("GET trips", { kind: "unary", input }), {
    code: "invalid_argument",
    message: 'Cannot bind "GET trips": the path starts with "/", write "GET /trips"',
  });
});

test("httpBindingKey() is the same for two bindings that match the same paths", () => {
  const a = parseHttpBinding("GET /x/{id}", { kind: "unary", input });
  assert.equal(httpBindingKey(a), "GET /x/{}");
});

test("parseHttpBinding() lets into a query what is one text in the JSON of proto3", () => {
  const wrapped = { kind: "wrapper", inner: { kind: "int32" } } as const;
  const mask = { kind: "object", wellKnown: "field_mask", fields: {} } as const;
  const any = { kind: "object", wellKnown: "any", fields: {} } as const;
  const of = (shape: Shape) => {
    const field = { a: { shape, optional: true } } as const;
    return readHttpBinding("GET /", { kind: "unary", input: { kind: "object", fields: field } });
  };
  assert.equal(typeof of(wrapped), "object");
  assert.equal(typeof of(mask), "object");
  assert.match(String(of(any)), /does not fit into a query/);
});
