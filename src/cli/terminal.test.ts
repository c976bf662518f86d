import assert from "node:assert/strict";
import test from "node:test";
import { namePainter, painter, wantsColor } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

test("wantsColor() asks FORCE_COLOR, then NO_COLOR, then whether it is a terminal", () => {
  assert.equal(wantsColor({}, { isTty: true }), true);
  assert.equal(wantsColor({}, { isTty: false }), false);
  assert.equal(wantsColor({ TERM: "dumb" }, { isTty: true }), false);
  assert.equal(wantsColor({ NO_COLOR: "1" }, { isTty: true }), false);
  assert.equal(wantsColor({ NO_COLOR: "" }, { isTty: true }), true);
  assert.equal(wantsColor({ FORCE_COLOR: "1", NO_COLOR: "1" }, { isTty: false }), true);
  assert.equal(wantsColor({ FORCE_COLOR: "0" }, { isTty: true }), false);
});

test("painter() and namePainter() leave words alone where colours are not wanted", () => {
  const plain: Terminal = { write: async () => {}, isTty: true, columns: 80, hasColor: false };
  assert.equal(painter(plain, "bad")("x"), "x");
  assert.equal(namePainter(plain, "trip")("x"), "x");
  const colored = { ...plain, hasColor: true };
  assert.equal(painter(colored, "bad")("x"), "\u001b[31mx\u001b[39m");
  assert.equal(namePainter(colored, "trip")("x"), namePainter(colored, "trip")("x"));
});
