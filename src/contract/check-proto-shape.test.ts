import assert from "node:assert/strict";
import { test } from "node:test";
import { checkMessageShape } from "./check-message-shape.ts";

const string = { kind: "string" };

function problemOf(fields: object, more: object = {}): string | undefined {
  return checkMessageShape({ kind: "object", fields, ...more });
}

const one = { kind: "oneof", variants: { a: string, b: string } };
const word = { kind: "enum", values: ["a", "b"] };

test("checkMessageShape() takes numbers, groups and keys as protobuf has them", () => {
  assert.equal(
    problemOf(
      {
        a: { shape: string, number: 1, optional: true },
        b: { shape: string, number: 536_870_911, optional: true },
        c: { shape: { kind: "map", keys: { kind: "int32" }, values: string }, number: 2 },
        d: { shape: { kind: "int64", wire: "zigzag" }, number: 3, implicit: true, default: "0" },
        e: { shape: { ...one, numbers: { a: 1, b: 2 } }, number: 4 },
        f: { shape: { ...word, numbers: { a: 0, b: 0 }, open: true }, number: 5 },
        g: { shape: { kind: "wrapper", inner: string }, number: 6, optional: true },
        h: { shape: { kind: "list", items: { kind: "float" }, packed: false }, number: 7 },
        i: { shape: { kind: "json", as: "struct" }, number: 8, optional: true },
      },
      { oneofs: { choice: ["a", "b"] }, protoName: "x.Y" },
    ),
    undefined,
  );
});

test("checkMessageShape() refuses what protobuf cannot have", () => {
  const refused: readonly (readonly [string | undefined, RegExp])[] = [
    [problemOf({ a: { shape: string, number: 0 } }), /at a: the field number 0 is not one of 1 to/],
    [problemOf({ a: { shape: string, number: 19_000 } }), /19000 to 19999/],
    [problemOf({ a: { shape: string, number: 536_870_912 } }), /at a: the field number/],
    [problemOf({ a: { shape: string, number: "1" } }), /at a: the field number "1"/],
    [
      problemOf({ a: { shape: string, number: 1 }, b: { shape: string, number: 1 } }),
      /"a" and "b" have the number 1/,
    ],
    [problemOf({ a: { shape: string, implicit: true } }), /implicit needs a default/],
    [problemOf({ a: { shape: string } }, { oneofs: { x: ["a"] } }), /names "a", which is no opt/],
    [
      problemOf({ a: { shape: string, optional: true } }, { oneofs: { x: ["a"], y: ["a"] } }),
      /the field "a" is in two oneofs/,
    ],
    [problemOf({ a: { shape: { ...one, numbers: { c: 1 } } } }), /numbers "c", which is no var/],
    [problemOf({ a: { shape: { ...one, numbers: { a: 1, b: 1 } } } }), /"a" and "b" have the/],
    [problemOf({ a: { shape: { ...word, numbers: { a: 2 ** 31 } } } }), /not of 32 bits/],
    [problemOf({ a: { shape: { kind: "map", keys: { kind: "float" }, values: string } } }), /keys/],
    [problemOf({ a: { shape: { kind: "uint32", wire: "zigzag" } } }), /zigzag is for numbers/],
    [problemOf({ a: { shape: { kind: "wrapper", inner: one } } }), /a wrapper is of a string/],
    [problemOf({ a: { shape: { kind: "json", as: "scalar" } } }), /as is struct or list/],
    [problemOf({}, { wellKnown: "date" }), /wellKnown "date" is not known/],
  ];
  for (const [problem, rule] of refused) assert.match(problem ?? "nothing", rule);
});
