import assert from "node:assert/strict";
import test from "node:test";
import { importsOf } from "./imports.ts";
import { source } from "./source.ts";

function found(text: string): string[] {
  return importsOf(source("src/rpc/a.ts", text)).map(
    ({ specifier, target, typeOnly, line }) =>
      `${line} ${specifier} ${target}${typeOnly ? " type" : ""}`,
  );
}

test("importsOf() finds every way to name another file", () => {
  const text = `
import { a } from "./a.ts";
import type { B } from "../core/b.ts";
import {
  c,
} from "node:c";
import "./d.ts";
export { e } from "./e.ts";
export * from "./f.ts";
const g = await import("./g.ts");
const h = new URL("./h.ts", import.meta.url);
import { type I } from "./i.ts";
`;
  assert.deepEqual(found(text), [
    "2 ./a.ts src/rpc/a.ts",
    "3 ../core/b.ts src/core/b.ts type",
    "4 node:c undefined",
    "7 ./d.ts src/rpc/d.ts",
    "8 ./e.ts src/rpc/e.ts",
    "9 ./f.ts src/rpc/f.ts",
    "12 ./i.ts src/rpc/i.ts",
    "10 ./g.ts src/rpc/g.ts",
    "11 ./h.ts src/rpc/h.ts",
  ]);
});

test("importsOf() is not taken in by comments, strings and values", () => {
  const text = `
// import { a } from "./a.ts";
const text = 'import { b } from "./b.ts"';
const code = \`
import { c } from "./c.ts";
\`;
export const name = "./d.ts";
export const url = new URL("http://127.0.0.1");
`;
  assert.deepEqual(found(text), []);
});
