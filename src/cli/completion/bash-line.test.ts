import assert from "node:assert/strict";
import test from "node:test";
import { bashReplacement, readBashLine } from "./bash-line.ts";
import { renderBash } from "./render.ts";

test("readBashLine() reads words as bash does, up to a quote that is still open", () => {
  const cases = [
    ["reef ", [], ""],
    ["reef st", [], "st"],
    ["reef  call\tx ", ["call", "x"], ""],
    [`reef a 'b c' "d\\"e" f\\ g --h="i j`, ["a", "b c", 'd"e', "f g"], "--h=i j"],
    [`reef '' "\\n" 'a`, ["", "\\n"], "a"],
    ["reef --x=y:z", [], "--x=y:z"],
  ] as const;
  for (const [line, words, current] of cases) {
    const read = readBashLine(line);
    assert.deepEqual([read.words, read.current], [words, current], line);
  }
});

test("bashReplacement() is what follows the last break of bash, quoted as the place wants it", () => {
  const cases = [
    // What is typed, what bash takes for its last word, the candidate, what bash has to insert.
    ["reef --kind=re", "re", "--kind=red wine", String.raw`red\ wine`],
    ["reef --kind=", "", "--kind=a$b", String.raw`a\$b`],
    ["reef --ki", "--ki", "--kind=", "--kind="],
    ['reef --kind="re', "re", "--kind=red wine", "red wine"],
    ['reef --kind="', "", '--kind=a"$b', String.raw`a\"\$b`],
    ["reef --kind='", "", "--kind=it's", String.raw`it'\''s`],
    [String.raw`reef red\ wi`, String.raw`red\ wi`, "red wine", String.raw`red\ wine`],
    ["reef a:b", "b", "a:bc", "bc"],
  ] as const;
  for (const [line, last, value, expected] of cases) {
    assert.equal(bashReplacement(value, readBashLine(line), last), expected, line);
  }
});

test("renderBash() shows descriptions in a list only, and never a word that bash would misread", () => {
  const answer = [
    { value: "alpha", description: "the first" },
    { value: "alps", description: "mountains\u001b[2J" },
    { value: "al\nso" },
    { value: "beta" },
  ];
  const line = readBashLine("reef al");
  const place = { line, last: "al", columns: 80 };
  assert.equal(renderBash(answer, { ...place, type: 9 }), "words\nalpha\nalps\n");
  assert.equal(
    renderBash(answer, { ...place, type: 63 }),
    "words\nalpha  -- the first\nalps   -- mountains\n",
  );
  assert.equal(renderBash([{ value: "al=" }], { ...place, type: 9 }), "open\nal=\n");
  assert.equal(renderBash("files", { ...place, type: 9 }), "files\n");
});
