import assert from "node:assert/strict";
import { test } from "node:test";

import { readableLine } from "./readable-line.ts";

const terminal = { write: async () => {}, isTty: false, columns: 80, hasColor: false };

test("readableLine() puts the message first and the fields behind it", () => {
  const line =
    '{"level":30,"time":1,"msg":"trip 7 finished","service":"trip","driver":"Nils","n":2}';
  assert.equal(readableLine(terminal, line), "trip 7 finished driver=Nils n=2");
});

test("readableLine() names levels that ask for attention", () => {
  assert.equal(readableLine(terminal, '{"level":50,"msg":"broken"}'), "error broken");
  assert.equal(readableLine(terminal, '{"level":40,"msg":"odd"}'), "warn odd");
});

test("readableLine() leaves every other line as it is", () => {
  for (const line of [
    "Hello",
    "",
    "{",
    "{not json}",
    '{"msg":"no level"}',
    '{"level":"30","msg":1}',
    "[1]",
  ]) {
    assert.equal(readableLine(terminal, line), line);
  }
});
