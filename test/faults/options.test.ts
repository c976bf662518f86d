import assert from "node:assert/strict";
import { test } from "node:test";
import { parseOptions } from "./options.ts";

const known = ["kill", "power"];

test("parseOptions() has a default for everything", () => {
  const nothing = { names: [], rounds: undefined, seed: 1, json: false, help: false };
  assert.deepEqual(parseOptions([], known), nothing);
});

test("parseOptions() reads names and options in any order, each name once", () => {
  const args = ["--seed", "7", "power", "--json", "kill", "--rounds=5", "power"];
  const expected = { names: ["power", "kill"], rounds: 5, seed: 7, json: true, help: false };
  assert.deepEqual(parseOptions(args, known), expected);
  assert.deepEqual(parseOptions(["kill", "all"], known).names, known);
});

const refused: readonly (readonly [args: string[], says: RegExp])[] = [
  [["kil"], /"kil": there is no such rig.*did you mean "kill".*choose from kill, power, all/],
  [["--rounds", "0"], /--rounds 0: it must be a whole number from 1/],
  [["--rounds", "many"], /--rounds many/],
  [["--seed", "-1"], /--seed/],
  [["--fast"], /--fast/],
];

for (const [args, says] of refused) {
  test(`parseOptions() refuses ${args.join(" ")}`, () => {
    assert.throws(() => parseOptions(args, known), { code: "invalid_argument", message: says });
  });
}
