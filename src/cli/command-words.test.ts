import assert from "node:assert/strict";
import { test } from "node:test";

import { parseWords } from "./command-words.ts";

test("parseWords() understands quotes and backslashes as a shell does", () => {
  const cases: [text: string, words: string[]][] = [
    ["python3 app.py", ["python3", "app.py"]],
    ["  a\tb \n c ", ["a", "b", "c"]],
    [`a "b c" 'd "e"'`, ["a", "b c", 'd "e"']],
    [`a --x="1 2"'3'4`, ["a", "--x=1 234"]],
    [`a "" ''`, ["a", "", ""]],
    [String.raw`a\ b "c\"d" 'e\f'`, ["a b", 'c"d', String.raw`e\f`]],
    ["sh -c 'a | b > c'", ["sh", "-c", "a | b > c"]],
    [`sh -c "exec a $PORT"`, ["sh", "-c", "exec a $PORT"]],
    [String.raw`a '$PORT' \$PORT $ 5$ *`, ["a", "$PORT", "$PORT", "$", "5$", "*"]],
  ];
  for (const [text, words] of cases) assert.deepEqual(parseWords(text), words, text);
});

test("parseWords() refuses what only a shell understands, and what has no end", () => {
  assert.throws(() => parseWords("a | b"), /without a shell, and \| is a shell's; use sh -c/);
  assert.throws(() => parseWords("a 2>&1"), /is a shell's/);
  assert.throws(() => parseWords("a $PORT"), /\$PORT is a shell's; use sh -c '...', or quote it/);
  assert.throws(() => parseWords("a --port=${PORT}"), /\$\{PORT\} is a shell's/);
  assert.throws(() => parseWords(`a "b`), /a " has no end/);
  assert.throws(() => parseWords("  "), { code: "invalid_argument", message: /it is empty/ });
});
