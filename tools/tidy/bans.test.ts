import assert from "node:assert/strict";
import test from "node:test";
import { banProblems } from "./bans.ts";
import { source } from "./source.ts";

function problems(path: string, text: string): string[] {
  return banProblems([source(path, text)]).map(({ line, text: why }) => `${line}: ${why}`);
}

/** Put together here, so that a search for the word over the repository stays empty. */
const later = ["TO", "DO"].join("");

const planted: readonly (readonly [path: string, text: string])[] = [
  ["src/a.ts", "export class ConnectionManager {}"],
  ["src/a.ts", "type StoreImpl = {};"],
  ["src/a.ts", "function urlUtils() {}"],
  ["src/a.ts", "interface IStore {}"],
  ["src/a.ts", "export const enum A { B }"],
  ["src/a.ts", "namespace A {}"],
  ["src/a.ts", "class A {\n  private b = 1;\n}"],
  ["src/a.ts", "export default a;"],
  ["src/a.ts", `export * from "./b.ts";`],
  ["src/a.ts", `// ${later}: later`],
  ["src/a.ts", "// @ts-ignore"],
  ["src/a.ts", `throw new Error("no");`],
  ["src/a.ts", `console.log("here");`],
  ["src/a.ts", "const now = Date.now();"],
  ["src/a.ts", "const chance = Math.random();"],
  ["src/a.ts", "process.exit(1);"],
  ["src/a.test.ts", `test.only("a", () => {});`],
  ["src/a.test.ts", `test.skip("a", () => {});`],
  ["src/a.test.ts", `test("a", { skip: true }, () => {});`],
  ["src/a.test.ts", "t.skip();"],
  ["src/a.test.ts", "await new Promise((resolve) => setTimeout(resolve, 20));"],
  ["src/a.test.ts", `import { setTimeout } from "node:timers/promises";`],
];

test("banProblems() refuses each word once, and says what to write instead", () => {
  for (const [path, text] of planted) {
    const found = problems(path, text);
    assert.equal(found.length, 1, `${text}: ${found.join(", ")}`);
    assert.match(found[0] ?? "", /: write ./);
  }
});

test("banProblems() names the line", () => {
  assert.match(problems("src/a.ts", "\n\nprocess.exit(1);")[0] ?? "", /^3: "process.exit\("/);
});

test("banProblems() knows where a word is right", () => {
  for (const [path, text] of [
    ["src/a.ts", `const text = "throw new Error(";`],
    ["src/a.ts", "// An enum would be refused.\n// console.log() is not for us"],
    ["src/a.ts", "class A {\n  private constructor() {}\n}"],
    ["src/a.ts", "interface IPv4Address {}"],
    ["src/a.ts", "function f(random = Math.random) {}"],
    ["src/core/clock.ts", "const now = Date.now();"],
    ["src/cli/main.ts", "process.exit();"],
    ["src/a.test.ts", `t.skip("no postgres on this machine");`],
    ["examples/hello/hello.ts", "console.log(message);"],
  ] as const) {
    assert.deepEqual(problems(path, text), [], text);
  }
});
