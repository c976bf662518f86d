import assert from "node:assert/strict";
import test from "node:test";
import { ringProblems } from "./rings.ts";
import { source } from "./source.ts";

function problems(path: string, ...imports: string[]): string[] {
  const text = imports.map((specifier) => `import { x } from "${specifier}";`).join("\n");
  return ringProblems([source(path, text)]).map(({ line, text: why }) => `${line}: ${why}`);
}

test("ringProblems() lets arrows point down", () => {
  assert.deepEqual(problems("src/core/a.ts", "./b.ts", "node:fs"), []);
  assert.deepEqual(
    problems("src/rpc/a.ts", "../core/b.ts", "../contract/c.ts", "../blocks/registry/index.ts"),
    [],
  );
  assert.deepEqual(
    problems("src/blocks/store/drivers/sqlite.ts", "../index.ts", "../../../backends/sqlite.ts"),
    [],
  );
  assert.deepEqual(
    problems("src/blocks/store/service.ts", "./index.ts", "../../rpc/service.ts"),
    [],
  );
  assert.deepEqual(
    problems("src/server/start.ts", "../blocks/store/drivers/memory.ts", "../edges/gateway/g.ts"),
    [],
  );
  assert.deepEqual(problems("src/cli/main.ts", "../server/start.ts"), []);
});

test("ringProblems() refuses an arrow that points up or sideways", () => {
  for (const [path, specifier] of [
    ["src/core/a.ts", "../contract/b.ts"],
    ["src/contract/a.ts", "../rpc/b.ts"],
    ["src/supervisor/a.ts", "../contract/b.ts"],
    ["src/blocks/store/index.ts", "../registry/index.ts"],
    ["src/blocks/store/index.ts", "./service.ts"],
    ["src/blocks/store/drivers/memory.ts", "../../registry/drivers/memory.ts"],
    ["src/blocks/store/drivers/memory.ts", "../../../rpc/client.ts"],
    ["src/rpc/a.ts", "../blocks/registry/drivers/memory.ts"],
    ["src/rpc/a.ts", "../blocks/registry/remote.ts"],
    ["src/framework/a.ts", "../blocks/registry/drivers/memory.ts"],
    ["src/framework/a.ts", "../server/start.ts"],
    ["src/edges/gateway/a.ts", "../console/b.ts"],
    ["src/edges/gateway/a.ts", "../../server/start.ts"],
    ["src/server/a.ts", "../cli/main.ts"],
    ["src/index.ts", "./server/start.ts"],
    ["src/rpc/a.ts", "../testing/manual-clock.ts"],
  ] as const) {
    assert.equal(problems(path, specifier).length, 1, `${path} imports ${specifier}`);
    assert.match(problems(path, specifier)[0] ?? "", /may not import/);
  }
});

test("ringProblems() lets a block name the types of another block's promise", () => {
  const text = `import type { Node } from "../registry/index.ts";`;
  assert.deepEqual(ringProblems([source("src/blocks/runtime/index.ts", text)]), []);
});

test("ringProblems() refuses packages, tests, suites and what lies outside src", () => {
  assert.match(problems("src/core/a.ts", "zod")[0] ?? "", /depends on nothing/);
  assert.match(problems("src/core/a.ts", "ws")[0] ?? "", /depends on nothing/);
  assert.deepEqual(problems("src/edges/gateway/a.ts", "ws"), []);
  assert.match(problems("src/core/a.ts", "./b.test.ts")[0] ?? "", /is a test/);
  assert.match(
    problems("src/server/a.ts", "../blocks/store/conformance.ts")[0] ?? "",
    /only tests/,
  );
  assert.match(problems("src/core/a.ts", "../../tools/pack.ts")[0] ?? "", /leaves src/);
  assert.match(problems("src/attic/a.ts", "../core/b.ts")[0] ?? "", /no room/);
});

test("ringProblems() lets tests import what they like", () => {
  assert.deepEqual(problems("src/core/a.test.ts", "zod", "../server/start.ts"), []);
});

test("ringProblems() lets a suite have parts and the test kit, and nothing else of the house", () => {
  const suite = "src/blocks/store/conformance/expiry-cases.ts";
  assert.deepEqual(
    problems(suite, "../index.ts", "./fixture.ts", "../../../testing/manual-clock.ts"),
    [],
  );
  assert.match(problems(suite, "../drivers/memory.ts")[0] ?? "", /may not import/);
  assert.match(problems(suite, "../../../rpc/client.ts")[0] ?? "", /may not import/);
});
