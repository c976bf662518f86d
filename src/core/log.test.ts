import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "./log.ts";

function open(options: Parameters<typeof createLogger>[0] = {}) {
  const lines: string[] = [];
  return { lines, log: createLogger({ ...options, write: (line) => lines.push(line) }) };
}

test("createLogger() writes one JSON object a line, and values that JSON lacks", () => {
  const { lines, log } = open({ fields: { service: "trip" } });
  log.with({ trace_id: "7" }).warn("two\nlines", { big: 1n, error: new RangeError("no") });
  const [line = ""] = lines;
  assert.doesNotMatch(line, /\n/);
  const { time, error, ...rest } = JSON.parse(line);
  assert.equal(typeof time, "number");
  assert.deepEqual([error.name, error.message], ["RangeError", "no"]);
  assert.deepEqual(rest, {
    level: 40,
    msg: "two\nlines",
    service: "trip",
    trace_id: "7",
    big: "1",
  });
});

test("createLogger() drops lines below its level, loggers made from it too", () => {
  const { lines, log } = open({ level: "warn" });
  log.debug("no");
  log.with({}).info("no");
  log.error("yes");
  assert.equal(lines.length, 1);
});

test("createLogger() writes text for people when it is plain", () => {
  const { lines, log } = open({ plain: true });
  log.info("Ready", { port: 7, name: "trip" });
  log.error("Lost");
  assert.deepEqual(lines, ["Ready port=7 name=trip", "error: Lost"]);
});
