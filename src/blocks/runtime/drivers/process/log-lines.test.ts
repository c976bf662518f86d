import assert from "node:assert/strict";
import { test } from "node:test";
import { lastLineStarts, lineStartAt } from "./log-lines.ts";
import { linesFrom, openLog } from "./test-log.ts";

test("LineReader gives a line without end in pieces, never in the middle of a character", async () => {
  await using log = await openLog();
  const text = `x${"ä".repeat(100_000)}`;
  log.write(`${text}\nnext\n`);
  const lines = linesFrom(log.file, 0);
  assert.equal(lines.length, 5);
  assert.equal(lines.slice(0, 4).join(""), text);
  assert.equal(lines[4], "next");
});

test("lastLineStarts() finds the last lines across blocks and files", async () => {
  await using log = await openLog({ bytesMax: 150_000 });
  for (let n = 0; n < 3; n++) log.write(`${"y".repeat(70_000)}${n}\n`);
  log.write("a\n\nb");
  const tail = (count: number) =>
    lastLineStarts(log.file, count, log.file.start).map((start) => {
      return linesFrom(log.file, start)[0]?.slice(-2);
    });
  assert.deepEqual(tail(0), []);
  assert.deepEqual(tail(1), ["b"]);
  assert.deepEqual(tail(3), ["a", "", "b"]);
  assert.equal(lastLineStarts(log.file, 5, log.file.start).length, 5);
  assert.equal(lastLineStarts(log.file, 99, log.file.start).length, 6);
  assert.equal(lastLineStarts(log.file, 99, log.file.start)[0], 0);
});

test("lineStartAt() goes to the next line that begins there or later", async () => {
  await using log = await openLog();
  log.write("one\ntwo\nhalf");
  assert.deepEqual(
    [0, 1, 3, 4, 5, 8, 9].map((position) => lineStartAt(log.file, position)),
    [0, 4, 4, 4, 8, 8, 12],
  );
});
