import assert from "node:assert/strict";
import test from "node:test";
import { t, type Type } from "../builder.ts";
import { contract } from "../contract.ts";
import { method } from "../method.ts";
import { lockNumbers } from "./lock-numbers.ts";

function descriptorOf(input: Type<never>) {
  return contract("greeter", { hello: method({ input }) }).descriptor;
}

function lockOf(input: unknown, previous?: Parameters<typeof lockNumbers>[1]) {
  return lockNumbers(descriptorOf(input as Type<never>), previous);
}

test("lockNumbers() numbers fields, variants and values from 1, under paths without lists, maps and nulls", () => {
  type Tree = { name: string; children: Tree[] };
  const Tree = t.recursive<Tree>("Tree", (tree) =>
    t.object({ name: t.string(), children: t.list(tree) }),
  );
  const input = t.object({
    trees: t.map(Tree),
    stops: t.list(t.object({ city: t.string() })),
    pay: t.oneof({ card: t.object({ iban: t.string() }), cash: t.string() }).nullable(),
    color: t.enum(["red", "green"]).optional(),
    "a b": t.object({ c: t.string() }),
  });
  assert.deepEqual(lockOf(input), {
    numbers: {
      "#Tree": { name: 1, children: 2 },
      "hello.input": { trees: 1, stops: 2, pay: 3, color: 4, "a b": 5 },
      'hello.input["a b"]': { c: 1 },
      "hello.input.color": { red: 1, green: 2 },
      "hello.input.pay": { card: 1, cash: 2 },
      "hello.input.pay.card": { iban: 1 },
      "hello.input.stops": { city: 1 },
      "hello.input.trees": { name: 1, children: 2 },
    },
  });
});

test("lockNumbers() keeps what is given, reserves what is gone and never gives it again", () => {
  const first = lockOf(t.object({ a: t.string(), b: t.string(), c: t.string() }));
  const second = lockOf(t.object({ c: t.string(), a: t.string(), d: t.string() }), first);
  assert.deepEqual(second, {
    numbers: { "hello.input": { a: 1, c: 3, d: 4 } },
    reserved: { "hello.input": { 2: "b" } },
  });
  const third = lockOf(t.object({ a: t.string(), b: t.string() }), second);
  assert.deepEqual(third, {
    numbers: { "hello.input": { a: 1, b: 5 } },
    reserved: { "hello.input": { 2: "b", 3: "c", 4: "d" } },
  });
  assert.deepEqual(lockOf(t.object({ b: t.string(), a: t.string() }), third), third);
});

test("lockNumbers() remembers the numbers of a message that is gone for when its path comes back", () => {
  const before = lockOf(t.object({ address: t.object({ city: t.string(), zip: t.string() }) }));
  const without = lockOf(t.object({ name: t.string() }), before);
  assert.deepEqual(without.reserved, {
    "hello.input": { 1: "address" },
    "hello.input.address": { 1: "city", 2: "zip" },
  });
  const back = lockOf(t.object({ address: t.object({ zip: t.string() }) }), without);
  assert.deepEqual(back.numbers, {
    "hello.input": { address: 3 },
    "hello.input.address": { zip: 3 },
  });
});

test("lockNumbers() steps over the numbers of protobuf itself and ends at its last", () => {
  const jump = lockOf(t.object({ a: t.string(), b: t.string() }), {
    numbers: { "hello.input": { a: 18_999 } },
  });
  assert.deepEqual(jump.numbers, { "hello.input": { a: 18_999, b: 20_000 } });
  const full = { numbers: { "hello.input": { a: 2 ** 29 - 1 } } };
  assert.throws(() => lockOf(t.object({ a: t.string(), b: t.string() }), full), {
    code: "resource_exhausted",
  });
});

test("lockNumbers() gives one definition the same numbers in every message, whatever names it", () => {
  const made = contract("tree", {
    a: method({ input: t.object({ x: tree(t.string()) }) }),
    b: method({ input: t.object({ x: tree(t.int32()) }) }),
  });
  assert.deepEqual(lockNumbers(made.descriptor).numbers["#Tree"], { value: 1, left: 2 });
});

function tree(value: Type<unknown>) {
  return t.recursive<unknown>("Tree", (self) => t.object({ value, left: self.optional() }));
}

test("lockNumbers() leaves a contract from .proto alone", () => {
  const descriptor = { ...descriptorOf(t.object({}) as Type<never>), proto: { files: "" } };
  assert.throws(() => lockNumbers(descriptor), {
    code: "failed_precondition",
    message: /Cannot give numbers to "greeter": it was written in \.proto/,
  });
});
