import assert from "node:assert/strict";
import test from "node:test";
import { blank } from "./blank.ts";

function code(text: string): string {
  const blanked = blank(text);
  assert.equal(blanked.code.length, text.length);
  assert.equal(blanked.uncommented.length, text.length);
  return blanked.code;
}

test("blank() overwrites comments and keeps lines", () => {
  assert.equal(code("a // b\nc"), "a     \nc");
  assert.equal(code("a /* b\n */ c"), "a     \n    c");
  assert.equal(blank("a // b").uncommented, "a     ");
});

test("blank() overwrites what strings hold, also behind an escaped quote", () => {
  assert.equal(code(`f("a // \\" b", 'c')`), `f("         ", ' ')`);
  assert.equal(blank(`f("a")`).uncommented, `f("a")`);
});

test("blank() keeps the code inside a template", () => {
  assert.equal(code("`a ${b({ c: `d` })} e`"), "`  ${b({ c: ` ` })}  `");
});

test("blank() knows a regular expression from a division", () => {
  assert.equal(code(`x.replace(/"[/]\\/{/, y)`), `x.replace(/       /, y)`);
  assert.equal(code("a / b; // c"), "a / b;     ");
  assert.equal(code("return /{/"), "return / /");
});
