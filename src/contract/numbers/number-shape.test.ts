import assert from "node:assert/strict";
import test from "node:test";
import { t } from "../builder.ts";
import { contract } from "../contract.ts";
import { method } from "../method.ts";
import type { NumbersFile } from "./lock-file.ts";
import { lockNumbers } from "./lock-numbers.ts";
import { missingNumber, refuseWithoutNumbers } from "./missing-number.ts";

const Color = t.enum(["red", "green"]);

function greeter(numbers?: NumbersFile) {
  const hello = method({
    input: t.object({ name: t.string(), color: Color.optional() }),
    output: t.object({ texts: t.list(t.oneof({ short: t.string(), long: t.string() })) }),
    errors: { nobody: { code: "not_found", data: t.object({ name: t.string() }) } },
  });
  return contract("greeter", { hello }, numbers && { numbers });
}

const lock = lockNumbers(greeter().descriptor);

test("contract() puts numbers into its messages", () => {
  const { descriptor, methods } = greeter({ greeter: lock });
  assert.equal(missingNumber(descriptor), undefined);
  refuseWithoutNumbers(descriptor);
  const { input, output, errors } = descriptor.methods["hello"] ?? assert.fail();
  assert.deepEqual(input.fields, {
    name: { shape: { kind: "string" }, number: 1 },
    color: {
      shape: { kind: "enum", values: ["red", "green"], numbers: { red: 1, green: 2 } },
      optional: true,
      number: 2,
    },
  });
  assert.deepEqual(output?.fields["texts"]?.shape, {
    kind: "list",
    items: {
      kind: "oneof",
      variants: { short: { kind: "string" }, long: { kind: "string" } },
      numbers: { short: 1, long: 2 },
    },
  });
  assert.equal(errors?.["nobody"]?.data?.fields["name"]?.number, 1);
  assert.equal(methods.hello.input.shape.fields["name"]?.number, 1);
});

test("contract() puts what is reserved beside what has numbers", () => {
  const reserved = { "hello.input": { 7: "title" }, "hello.input.color": { 3: "blue" } };
  const { input } = greeter({ greeter: { ...lock, reserved } }).methods.hello;
  assert.deepEqual(input.shape.reserved, { 7: "title" });
  const color = input.shape.fields["color"]?.shape;
  assert.deepEqual(color?.kind === "enum" && color.reserved, { 3: "blue" });
});

test("contract() works without the numbers of what came after the lock, and says what is missing", () => {
  for (const [numbers, missing] of [
    [undefined, "hello.input.name"],
    [{}, "hello.input.name"],
    [{ greeter: { numbers: { "hello.input": { name: 1 } } } }, "hello.input.color"],
    [
      { greeter: { numbers: { ...lock.numbers, "hello.input.color": { red: 1 } } } },
      "hello.input.color.green",
    ],
    [
      { greeter: { numbers: { ...lock.numbers, "hello.output.texts": { long: 2 } } } },
      "hello.output.texts.short",
    ],
  ] as const) {
    const { descriptor } = greeter(numbers);
    assert.equal(missingNumber(descriptor), missing);
    assert.throws(() => refuseWithoutNumbers(descriptor), {
      code: "failed_precondition",
      message:
        `Cannot speak protobuf with "greeter": its contract has no number for ${missing}; ` +
        "type reef contract lock FILE, where FILE is the module with the contract",
      maybeExecuted: false,
    });
  }
});

test("contract() overlooks the numbers of what is not there any more", () => {
  const numbers = {
    ...lock.numbers,
    "bye.input": { name: 1 },
    "hello.input": { gone: 9, name: 1, color: 2 },
  };
  assert.equal(missingNumber(greeter({ greeter: { numbers } }).descriptor), undefined);
});

test("contract() refuses numbers that protobuf would confuse", () => {
  for (const [own, rule] of [
    [
      { numbers: { "hello.input": { name: 1, color: 1 } } },
      /at hello\.input: "color" and "name" both have 1;/,
    ],
    [
      { numbers: { "hello.input": { name: 2 } }, reserved: { "hello.input": { 2: "title" } } },
      /"name" has 2, which is reserved because "title" had it; put it back as it was/,
    ],
    [{ numbers: { "hello.input": { name: 0 } } }, /"name" has 0, a number is a whole one from 1/],
    [{ numbers: { "hello.input": { name: 19_500 } } }, /but for 19000 to 19999/],
    [{ numbers: { "hello.input": { name: 2 ** 29 } } }, /"name" has 536870912/],
    [{ numbers: { "hello.input": { name: 1.5 } } }, /"name" has 1\.5/],
  ] as const) {
    assert.throws(() => greeter({ greeter: own }), { code: "invalid_argument", message: rule });
  }
  const broken = [{ greeter: 7 }, { greeter: {} }, { greeter: { numbers: { a: 1 } } }];
  for (const file of broken) {
    // A file may hold anything, whatever its type says.
    assert.throws(
      () => greeter(file as unknown as NumbersFile),
      /Cannot use the numbers of "greeter"/,
    );
  }
});
