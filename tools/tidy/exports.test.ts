import assert from "node:assert/strict";
import test from "node:test";
import { exportsOf } from "./exports.ts";
import { source } from "./source.ts";

function exported(files: Record<string, string>): string[] {
  const sources = Object.entries(files).map(([path, text]) => [path, source(path, text)] as const);
  return exportsOf("src/index.ts", new Map(sources)).map(
    ({ name, kind, path, line, documented }) =>
      `${kind} ${name} ${path}:${line}${documented ? " documented" : ""}`,
  );
}

test("exportsOf() follows re-exports to what they declare", () => {
  const index = `export { a, type B, c as d } from "./core/a.ts";\nexport type { E } from "./core/a.ts";`;
  const declarations = `
/** Documented. */
export function a(): void;
export function a(x?: number): void {}
export interface B {}
export const c = 1;
/** So is this. */
export type E = B;
export class NotListed {}`;
  assert.deepEqual(exported({ "src/index.ts": index, "src/core/a.ts": declarations }), [
    "interface B src/core/a.ts:5",
    "type E src/core/a.ts:8 documented",
    "function a src/core/a.ts:3 documented",
    "const d src/core/a.ts:6",
  ]);
});

test("exportsOf() refuses a name that is not where it should be", () => {
  const files = { "src/index.ts": `export { a } from "./b.ts";`, "src/b.ts": "" };
  assert.throws(() => exported(files), /Cannot find the declaration of "a" in src\/b.ts/);
});
