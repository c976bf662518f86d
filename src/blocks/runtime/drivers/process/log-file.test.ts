import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, mkdirSync, rmSync, statSync, truncateSync, utimesSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Clock, systemClock } from "../../../../core/clock.ts";
import { createLogger } from "../../../../core/log.ts";
import { LogFile } from "./log-file.ts";
import { lastLineStarts, LineReader, lineStartAt } from "./log-lines.ts";

/** A log in a temporary folder, at a time that the test moves. */
async function openLog({ bytesMax = 1_000_000 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  let now = 1_000;
  const clock: Clock = { ...systemClock, wallMs: () => now };
  const warnings: string[] = [];
  const log = createLogger({ write: (line) => warnings.push(line), level: "warn" });
  const path = join(folder, "default", "a.log");
  let file = new LogFile(path, { clock, log, bytesMax });
  return {
    path,
    warnings,
    get file() {
      return file;
    },
    write(text: string | Buffer, at = now) {
      now = at;
      appendFileSync(path, text);
      file.look();
    },
    open() {
      file = new LogFile(path, { clock, log, bytesMax });
    },
    reopen() {
      file[Symbol.dispose]();
      this.open();
    },
    async [Symbol.asyncDispose]() {
      file[Symbol.dispose]();
      await rm(folder, { recursive: true });
    },
  };
}

function linesFrom(file: LogFile, position: number): string[] {
  const reader = new LineReader(file, position);
  const lines: string[] = [];
  for (let line = reader.next(); line; line = reader.next()) lines.push(line.text);
  const rest = reader.rest();
  return rest ? [...lines, rest.text] : lines;
}

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
