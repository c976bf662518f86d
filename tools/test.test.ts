import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { dealt, longestFirst, testFiles } from "./test.ts";

test("testFiles() finds tests, keeps those below a path, and leaves the slow ones out of the quick half", async () => {
  const root = await mkdtemp(join(tmpdir(), "reef-"));
  try {
    const inside = "bench/peers/node_modules/x/x.test.ts";
    for (const path of [
      "src/a/a.test.ts",
      "src/a/a.ts",
      "test/kill.test.ts",
      "tools/pack.test.ts",
      inside,
    ]) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), "");
    }
    assert.deepEqual(testFiles(root, { quick: false, below: [] }), [
      "src/a/a.test.ts",
      "test/kill.test.ts",
      "tools/pack.test.ts",
    ]);
    assert.deepEqual(testFiles(root, { quick: true, below: [] }), ["src/a/a.test.ts"]);
    assert.deepEqual(testFiles(root, { quick: false, below: ["test/"] }), ["test/kill.test.ts"]);
  } finally {
    await rm(root, { recursive: true });
  }
});

test("dealt() gives each process its share of the files, and no process none", () => {
  assert.deepEqual(dealt(["a", "b", "c", "d", "e"], 2), [
    ["a", "c", "e"],
    ["b", "d"],
  ]);
  assert.deepEqual(dealt(["a"], 4), [["a"]]);
});

test("longestFirst() begins with what takes longest, and keeps the order of the others", () => {
  const files = ["src/a/a.test.ts", "src/a/b.test.ts", "test/kill.test.ts", "tools/readme.test.ts"];
  assert.deepEqual(longestFirst(files), [
    "tools/readme.test.ts",
    "test/kill.test.ts",
    "src/a/a.test.ts",
    "src/a/b.test.ts",
  ]);
});
