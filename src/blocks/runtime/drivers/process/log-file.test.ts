import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, mkdirSync, rmSync, statSync, truncateSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { LineReader } from "./log-lines.ts";
import { linesFrom, openLog } from "./test-log.ts";

test("LogFile reads what was written, for its owner only", async () => {
  await using log = await openLog();
  log.write("one\ntwo\n\nthree");
  assert.deepEqual(linesFrom(log.file, 0), ["one", "two", "", "three"]);
  assert.equal(statSync(log.path).mode & 0o777, 0o600);
  assert.equal(statSync(`${log.path}.times`).mode & 0o777, 0o600);
  assert.equal(statSync(join(log.path, "..")).mode & 0o777, 0o700);
});

test("LogFile tells by itself when a process has written", async () => {
  await using log = await openLog();
  const grown = new EventTarget();
  log.file.grown.on(() => grown.dispatchEvent(new Event("grown")));
  appendFileSync(log.path, "one\n");
  await once(grown, "grown");
  assert.deepEqual(linesFrom(log.file, 0), ["one"]);
});

test("LogFile keeps positions and lines over a rotation, and drops what is older than two files", async () => {
  await using log = await openLog({ bytesMax: 40 });
  const reader = new LineReader(log.file, 0);
  const read: (string | undefined)[] = [];
  for (let n = 10; n < 40; n++) {
    log.write(`line ${n}\n`);
    read.push(reader.next()?.text);
  }
  assert.deepEqual(
    read,
    Array.from({ length: 30 }, (_, n) => `line ${n + 10}`),
  );
  assert.ok(statSync(log.path).size <= 48 && statSync(`${log.path}.1`).size <= 48);
  const kept = linesFrom(log.file, 0);
  assert.ok(kept.length >= 5 && kept.length <= 12, `${kept.length} lines are left`);
  assert.equal(kept.at(-1), "line 39");
  assert.equal(log.file.end, 30 * 8);
});

test("LogFile reads a line that a rotation has cut in two", async () => {
  await using log = await openLog({ bytesMax: 10 });
  const reader = new LineReader(log.file, 0);
  log.write("a long beginning,");
  assert.equal(reader.next(), undefined);
  log.write(" end\n");
  assert.equal(reader.next()?.text, "a long beginning, end");
  assert.deepEqual(linesFrom(log.file, 0), ["a long beginning, end"]);
});

test("LogFile remembers times when it is opened again", async () => {
  await using log = await openLog({ bytesMax: 12 });
  log.write("one\n", 1_000);
  log.write("two\n", 2_000);
  log.write("three\n", 3_000);
  log.write("four\n", 4_000);
  for (const turn of ["first", "again"]) {
    const { file } = log;
    assert.deepEqual(linesFrom(file, file.positionSince(2_000)), ["two", "three", "four"], turn);
    assert.deepEqual(linesFrom(file, file.positionSince(3_001)), ["four"], turn);
    assert.equal(file.positionSince(4_001), file.end, turn);
    assert.equal(file.timeAt(0), 1_000, turn);
    log.reopen();
  }
});

test("LogFile gives what was written while nobody looked the time of the file", async () => {
  await using log = await openLog();
  log.write("before\n", 2_000);
  log.file[Symbol.dispose]();
  appendFileSync(log.path, "meanwhile\n");
  utimesSync(log.path, 5, 5);
  log.open();
  assert.equal(log.file.timeAt(0), 2_000);
  assert.equal(log.file.timeAt("before\n".length), 5_000);
  log.write("after\n", 9_000);
  assert.deepEqual(linesFrom(log.file, log.file.positionSince(5_000)), ["meanwhile", "after"]);
});

test("LogFile never lets time go back, so that it can be searched", async () => {
  await using log = await openLog();
  log.write("one\n", 5_000);
  log.write("two\n", 1_000);
  assert.equal(log.file.timeAt(4), 5_000);
});

test("LogFile goes on after somebody emptied it, and makes a removed file again", async () => {
  await using log = await openLog();
  log.write("one\ntwo\n");
  const reader = new LineReader(log.file, 0);
  truncateSync(log.path);
  log.write("three\n");
  assert.equal(reader.next()?.text, "three");
  rmSync(log.path);
  log.file.prepare();
  log.write("four\n");
  assert.equal(reader.next()?.text, "four");
  assert.equal(statSync(log.path).size, 5);
});

test("mark() stands on a line of its own", async () => {
  await using log = await openLog();
  log.file.mark("started");
  log.write("half a line");
  log.file.mark("stopped");
  log.write("another\n");
  const lines = ["[reef] started", "half a line", "[reef] stopped", "another"];
  assert.deepEqual(linesFrom(log.file, 0), lines);
});

test("LogFile goes on, and complains once, when its times cannot be written", async () => {
  await using log = await openLog();
  mkdirSync(`${log.path}.times`);
  log.write("one\n");
  log.write("two\n");
  assert.deepEqual(linesFrom(log.file, 0), ["one", "two"]);
  assert.equal(log.warnings.length, 1);
});
