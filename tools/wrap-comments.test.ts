import assert from "node:assert/strict";
import test from "node:test";
import { source } from "./tidy/source.ts";
import { wrapComments } from "./wrap-comments.ts";

/** It fits behind a prefix of up to 12 columns, and with its last words it does not. */
const narrow =
  "It is a long story that goes on and on until it has become nearly as wide as the house lets a comment be, at";
const wide = `${narrow} most, perhaps.`;

function wrap(...lines: string[]): string[] {
  const once = wrapComments(source("src/a.ts", lines.join("\n")));
  assert.equal(wrapComments(source("src/a.ts", once)), once, "wrapping twice changes something");
  return once.split("\n");
}

test("wrapComments() wraps the paragraph of a wide line and no other", () => {
  assert.deepEqual(
    wrap("/**", " * One", " * two.", " *", ` * ${wide} And`, " * on.", " */", "f();"),
    ["/**", " * One", " * two.", " *", ` * ${narrow} most,`, " * perhaps. And on.", " */", "f();"],
  );
  assert.deepEqual(wrap(`    // ${wide}`), [`    // ${narrow}`, "    // most, perhaps."]);
});

test("wrapComments() opens a comment on one line", () => {
  assert.deepEqual(wrap(`/** ${wide} */`, "f();"), [
    "/**",
    ` * ${narrow} most,`,
    " * perhaps.",
    " */",
    "f();",
  ]);
});

test("wrapComments() lets items hang", () => {
  assert.deepEqual(wrap("/**", ` * @throws ${wide}`, " *   And on.", " * @see f", " */"), [
    "/**",
    ` * @throws ${narrow}`,
    " *   most, perhaps. And on.",
    " * @see f",
    " */",
  ]);
});

test("wrapComments() leaves tables, addresses and code alone", () => {
  for (const line of [
    ` * | ${wide} |`,
    ` * See https://example.org ${wide}`,
    `const text = "// ${wide} and more";`,
    `f(); // ${wide} and more`,
  ]) {
    assert.deepEqual(wrap("/**", line, " */"), ["/**", line, " */"]);
  }
});
