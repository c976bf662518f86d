import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readLastLines } from "./tail.ts";

const cases = [
  { claim: "returns nothing of an empty file", text: "", lines: [] },
  { claim: "returns all of a short file", text: "one\ntwo\n", lines: ["one", "two"] },
  { claim: "returns a line that is not finished yet", text: "one\ntw", lines: ["one", "tw"] },
  { claim: "keeps empty lines", text: "one\n\n\n", lines: ["one", "", ""] },
  { claim: "returns the last lines", text: "1\n2\n3\n4\n", lines: ["3", "4"], linesMax: 2 },
  { claim: "leaves out half a line", text: "long line\nshort\n", lines: ["short"], bytesMax: 10 },
  {
    claim: "returns the end of one endless line",
    text: "x".repeat(99),
    lines: ["xxx"],
    bytesMax: 3,
  },
];

for (const { claim, text, lines, ...options } of cases) {
  test(`readLastLines() ${claim}`, async () => {
    const directory = await mkdtemp(join(tmpdir(), "reef-"));
    try {
      const path = join(directory, "log");
      await writeFile(path, text);
      assert.deepEqual(await readLastLines(path, options), lines);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
}
