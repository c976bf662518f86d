import assert from "node:assert/strict";
import { test } from "node:test";
import { packOutputs, packUnits, unpackOutputs, unpackUnits, weightOf } from "./pack-units.ts";
import type { UnitRequest } from "./protocol.ts";

test("unpackUnits() returns what was packed: lists, objects, nothing, every kind of value", () => {
  const units: UnitRequest[] = [
    { name: "list", input: ["text", 7, null, 2n ** 60n, Buffer.from("bytes"), new Uint8Array()] },
    { name: "put", input: { key: "a", value: Buffer.from("one") } },
    { name: "put", input: { key: "b", value: Buffer.from("two"), expected: 3 } },
    { name: "put", input: { key: "c", value: Buffer.from("three"), expected: undefined } },
    { name: "none", input: undefined },
    { name: "empty", input: [] },
  ];
  const arrived = unpackUnits(structuredClone(packUnits(units)));
  assert.deepEqual(shown(arrived), [
    `list ["text",7,null,"1152921504606846976n","<bytes>","<>"]`,
    `put {"key":"a","value":"<one>"}`,
    `put {"key":"b","value":"<two>","expected":3}`,
    `put {"key":"c","value":"<three>"}`,
    "none []",
    "empty []",
  ]);
});

test("packUnits() takes only the bytes of a view", () => {
  const view = Buffer.from("before-value-after").subarray(7, 12);
  const { bytes } = packUnits([{ name: "put", input: [view] }]);
  assert.equal(Buffer.from(bytes).toString(), "value");
});

test("unpackOutputs() returns what was packed", () => {
  const outputs = [[1, true, null], undefined, 7, [], "text", { a: [1] }, [[1, 2], { b: 3 }]];
  assert.deepEqual(unpackOutputs(structuredClone(packOutputs(outputs))), outputs);
});

test("weightOf() counts bytes and text", () => {
  assert(weightOf([new Uint8Array(1_000)]) >= 1_000);
  assert(weightOf({ text: "x".repeat(1_000) }) >= 1_000);
  assert.equal(weightOf(undefined), 0);
});

function shown(units: readonly UnitRequest[]): string[] {
  return units.map(({ name, input }) => {
    return `${name} ${JSON.stringify(input, (_, value: unknown) => {
      if (typeof value === "bigint") return `${value}n`;
      return value instanceof Uint8Array ? `<${Buffer.from(value).toString()}>` : value;
    })}`;
  });
}
