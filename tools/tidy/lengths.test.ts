import assert from "node:assert/strict";
import test from "node:test";
import { lengthProblems, type Ratchet } from "./lengths.ts";
import { source } from "./source.ts";

function problems(text: string, ratchet: Ratchet = {}, path = "src/a.ts"): string[] {
  return lengthProblems([source(path, text)], ratchet).map((problem) => problem.text);
}

function functionOf(lines: number): string {
  return `function f() {\n${"x();\n".repeat(lines - 2)}}\n`;
}

test("lengthProblems() accepts 400 lines of a file and 70 of a function, and no more", () => {
  assert.deepEqual(problems("\n".repeat(400)), []);
  assert.match(problems("\n".repeat(401))[0] ?? "", /^"src\/a.ts" has 401 lines, more than 400/);
  assert.deepEqual(problems(functionOf(70)), []);
  assert.match(problems(functionOf(71))[0] ?? "", /^"src\/a.ts#f" has 71 lines, more than 70/);
});

test("lengthProblems() accepts 200 lines of a file in a block's room, and no more", () => {
  const path = "src/blocks/store/index.ts";
  assert.deepEqual(problems("\n".repeat(200), {}, path), []);
  assert.match(problems("\n".repeat(201), {}, path)[0] ?? "", /has 201 lines, more than 200/);
});

test("lengthProblems() lets an entry of the ratchet shrink and never grow", () => {
  assert.deepEqual(problems("\n".repeat(450), { "src/a.ts": 450 }), []);
  assert.match(problems("\n".repeat(451), { "src/a.ts": 450 })[0] ?? "", /more than 450/);
  assert.match(problems("\n".repeat(449), { "src/a.ts": 450 })[0] ?? "", /shrunk to 449/);
  assert.match(problems("\n".repeat(300), { "src/a.ts": 450 })[0] ?? "", /take its entry out/);
});
