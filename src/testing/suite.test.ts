import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const excused = join(import.meta.dirname, "fixtures/excused.ts");

test("runSuite() excuses from a case only while its claim does not hold, and for no other failure", () => {
  // A test that runs tests must not look like one to them.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const flags = ["--test", "--test-isolation=none", "--test-reporter=tap"];
  const { stdout } = spawnSync(process.execPath, [...flags, excused], { env, encoding: "utf8" });
  const outcomes = stdout.match(/^(?:not )?ok .*$/gm) ?? [];
  assert.deepEqual(
    outcomes.map((line) => line.replace(/ \d+ -/, "")),
    [
      "ok one is one",
      "ok one is a number",
      'ok two does not keep "is one": it is two',
      "ok two is a number",
      'not ok one that is excused does not keep "is one": it is two',
      "ok one that is excused is a number",
      'not ok one that does not open does not keep "is one": it is two',
      "not ok one that does not open is a number",
      'ok one that says that it cannot does not keep "is one": it has no number',
      'ok one that says that it cannot does not keep "is a number": it has no number',
      "ok one that is not here keeps the promise of numbers # SKIP no numbers here",
    ],
  );
});
