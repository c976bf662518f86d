import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { t } from "./builder.ts";
import { contract } from "./contract.ts";
import { contractFromDescriptor } from "./contract-from-descriptor.ts";
import type { ContractDescriptor } from "./descriptor.ts";
import { method, notify, stream } from "./method.ts";
import { depthMax } from "./shape.ts";

interface Tree {
  children: Tree[];
}

const Original = contract(
  "forest",
  {
    plant: method({
      input: t.recursive<Tree>("Tree", (tree) => t.object({ children: t.list(tree) })),
      output: stream(t.object({ id: t.int64(), at: t.timestamp() })),
      errors: { full: { code: "resource_exhausted", data: t.object({ limit: t.int32() }) } },
      http: "POST /trees",
      idempotent: true,
    }),
    log: notify({ input: t.object({ text: t.string({ pattern: /^a/ }) }) }),
  },
  { version: "2.0.0-beta.1" },
);

/** As it arrives: parsed from text. */
function parsed(change: (data: Loose) => void = () => {}): ContractDescriptor {
  const data: Loose = JSON.parse(JSON.stringify(Original.descriptor));
  change(data);
  return data as unknown as ContractDescriptor;
}

interface Loose {
  [key: string]: Loose;
}

test("contractFromDescriptor() makes the same contract, validated by its shape", () => {
  const made = contractFromDescriptor(parsed());
  assert.equal(made.digest, Original.digest);
  assert.deepEqual(made.descriptor, Original.descriptor);
  const { plant, log } = made.methods;
  assert.ok(plant && log);
  assert.equal(plant.kind, "server_stream");
  assert.equal(plant.idempotent, true);
  assert.equal(log.output, undefined);
  assert.equal(plant.errors["full"]?.code, "resource_exhausted");
  assert.deepEqual(plant.output?.copy({ id: 1n, at: new Date(0), x: 1 }), {
    id: 1n,
    at: new Date(0),
  });
  assert.throws(() => log.input.validate({ text: "b" }), /"text" must match the pattern/);
  assert.throws(
    () => plant.input.validate({ children: [{ children: 1 }] }),
    /children\[0\]\.children/,
  );
});

test("contractFromDescriptor() keeps what a newer version says, and with it the digest", () => {
  const data = parsed((loose) => Object.assign(loose, { numbers: { plant: 1 } }));
  assert.notEqual(contractFromDescriptor(data).digest, Original.digest);
  assert.deepEqual(contractFromDescriptor(data).descriptor, data);
});

/** A contract whose only message has a field of this shape. */
function field(shape: unknown): ContractDescriptor {
  return parsed((data) => {
    Object.assign(data, {
      methods: {
        m: {
          name: "m",
          kind: "unary",
          input: { kind: "object", fields: { x: { shape } } },
          output: { kind: "object", fields: {} },
        },
      },
    });
  });
}

let deep: unknown = { kind: "string" };
for (let level = 0; level < depthMax; level++) deep = { kind: "list", items: deep };
const wide = Object.fromEntries(
  Array.from({ length: 6000 }, (_, i) => [`f${i}`, { shape: { kind: "string" } }]),
);
const refusals: readonly (readonly [string, unknown, RegExp])[] = [
  ["null", null, /it is not an object/],
  ["no name", {}, /it has no name/],
  [
    "a name that is no name",
    parsed((data) => Object.assign(data, { name: "../x" })),
    /service name/,
  ],
  ["no version", parsed((data) => delete data["version"]), /no version/],
  ["no methods", parsed((data) => delete data["methods"]), /no methods/],
  [
    "a description that is no text",
    parsed((data) => Object.assign(data, { description: 1 })),
    /not a string/,
  ],
  [
    "a method under another name",
    parsed((data) => Object.assign(data["methods"]!["log"]!, { name: "x" })),
    /its name is not its key/,
  ],
  [
    "an unknown kind of method",
    parsed((data) => Object.assign(data["methods"]!["log"]!, { kind: "x" })),
    /its kind is none of unary/,
  ],
  [
    "a method without input",
    parsed((data) => delete data["methods"]!["log"]!["input"]),
    /input: it has no shape/,
  ],
  [
    "a method without output",
    parsed((data) => delete data["methods"]!["plant"]!["output"]),
    /output: it has no shape/,
  ],
  [
    "an unknown code",
    parsed((data) => Object.assign(data["methods"]!["plant"]!["errors"]!["full"]!, { code: "x" })),
    /its code is none of/,
  ],
  [
    "a service that protobuf could not name",
    parsed((data) => Object.assign(data, { proto: { service: "a..b" } })),
    /no full name of a service/,
  ],
  [
    "a method that protobuf could not name",
    parsed((data) => Object.assign(data, { proto: { methods: { log: "a.b" } } })),
    /no name of a method/,
  ],
  [
    "two methods that protobuf would call the same",
    parsed((data) => Object.assign(data, { proto: { methods: { log: "Plant" } } })),
    /protobuf would call it "Plant", as it does "plant"/,
  ],
  [
    "a bad binding",
    parsed((data) => Object.assign(data["methods"]!["plant"]!, { http: "GET /../.." })),
    /http/,
  ],
  ["a shape that is no object", field(7), /at x: it is not a shape/],
  [
    "an unknown kind",
    field({ kind: "decimal" }),
    /at x: the kind "decimal" is not known; a newer reef/,
  ],
  ["a list of nothing", field({ kind: "list" }), /at x\[\]: it is not a shape/],
  ["an enum of nothing", field({ kind: "enum", values: [] }), /an enum has values/],
  ["a oneof of nothing", field({ kind: "oneof", variants: {} }), /a oneof has variants/],
  [
    "a bound that is no number",
    field({ kind: "int32", minimum: "1); throw (1" }),
    /minimum is not a number/,
  ],
  ["a length that is no count", field({ kind: "string", maxLength: -1 }), /maxLength/],
  ["a pattern that is none", field({ kind: "string", pattern: "(" }), /not a regular expression/],
  [
    "a reference to nothing",
    field({ kind: "ref", to: "__proto__" }),
    /nothing is defined as "__proto__"/,
  ],
  ["a shape that is too deep", field(deep), /nested deeper than 64/],
  ["a shape that is too large", field({ kind: "object", fields: wide }), /more than 5000 fields/],
  [
    "definitions inside",
    field({ kind: "object", fields: {}, definitions: {} }),
    /only the message itself/,
  ],
  [
    "a definition that never ends",
    parsed((data) => {
      const ref = { kind: "nullable", inner: { kind: "ref", to: "A" } };
      Object.assign(data["methods"]!["log"]!["input"]!, { definitions: { A: ref } });
    }),
    /definition "A": it is defined by itself/,
  ],
  [
    "a default of another type",
    parsed((data) =>
      Object.assign(data["methods"]!["log"]!["input"]!["fields"]!["text"]!, { default: 5 }),
    ),
    /the default 5 of "text" must be a string/,
  ],
];

describe("contractFromDescriptor() refuses untrusted data:", () => {
  for (const [name, data, message] of refusals) {
    test(name, () => {
      const make = (): unknown => contractFromDescriptor(data as ContractDescriptor);
      assert.throws(make, { name: "ReefError", code: "invalid_argument", message });
    });
  }
});
