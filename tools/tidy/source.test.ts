import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { readSources } from "./source.ts";

test("readSources() leaves out what a test has made in the checkout for a moment", (t) => {
  const root = mkdtempSync(join(tmpdir(), "reef-"));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "test"));
  writeFileSync(join(root, "test", "a.ts"), "");
  const passing = mkdtempSync(join(root, "test", "reef-"));
  writeFileSync(join(passing, "b.ts"), "");
  mkdirSync(join(root, "reef-like"));
  writeFileSync(join(root, "reef-like", "c.ts"), "");
  const paths = readSources(root).map(({ path }) => path);
  assert.deepEqual(paths, ["reef-like/c.ts", "test/a.ts"]);
});
