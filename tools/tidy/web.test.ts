import assert from "node:assert/strict";
import test from "node:test";
import { source } from "./source.ts";
import { webProblems } from "./web.ts";

function problems(text: string): string[] {
  const entry = source("src/browser.ts", 'export { a } from "./core/a.ts";');
  return webProblems([entry, source("src/core/a.ts", text)]).map(({ line }) => `${line}`);
}

test("webProblems() refuses what only Node has, wherever the entry leads", () => {
  assert.deepEqual(problems('import { x } from "node:fs";'), ["1"]);
  assert.deepEqual(problems('import { x } from "ws";'), ["1"]);
  assert.deepEqual(problems("\nexport const a = Buffer.alloc(1);"), ["2"]);
  assert.deepEqual(problems("export const a = process.pid;"), ["1"]);
  assert.deepEqual(problems("setImmediate(() => {});"), ["1"]);
});

test("webProblems() lets types, texts and questions pass", () => {
  assert.deepEqual(problems('import type { x } from "node:fs";'), []);
  assert.deepEqual(problems("export function a(bytes: Buffer): void {}"), []);
  assert.deepEqual(problems('/** A Buffer. */\nexport const a = "Buffer";'), []);
  assert.deepEqual(problems("export const a = globalThis.Buffer;"), []);
});

test("webProblems() does not care about files that the entry does not lead to", () => {
  assert.deepEqual(webProblems([source("src/core/b.ts", 'import "node:fs";')]), []);
});
