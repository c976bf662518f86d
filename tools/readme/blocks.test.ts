import assert from "node:assert/strict";
import test from "node:test";
import { source } from "../tidy/source.ts";
import { blocksIn, commandsIn, nameOf, outputMatches, printedBy } from "./blocks.ts";
import { examplesIn } from "./examples.ts";

test("blocksIn() finds fenced blocks with their language and line", () => {
  const text = "# T\n\n```ts\na();\n```\n\n- x\n  ```sh\n  b\n  ```\n```\nplain\n```\n";
  assert.deepEqual(blocksIn(text), [
    { language: "ts", text: "a();\n", line: 3 },
    { language: "sh", text: "  b\n", line: 8 },
    { language: "", text: "plain\n", line: 11 },
  ]);
});

test("commandsIn() takes every line for a command where none has a prompt", () => {
  assert.deepEqual(
    commandsIn("# first\nnpm ci && npm start   # then open it\nreef list \\\n  --json\n"),
    [
      { command: "npm ci && npm start", background: true, output: undefined },
      { command: "reef list --json", background: false, output: undefined },
    ],
  );
});

test("commandsIn() takes what follows a prompt's line for its output", () => {
  assert.deepEqual(commandsIn("$ reef server &\nready\n$ reef list\nNAME  NODES\ntrip  1\n"), [
    { command: "reef server", background: true, output: "ready" },
    { command: "reef list", background: false, output: "NAME  NODES\ntrip  1" },
  ]);
});

test("outputMatches() compares text, with ... for anything", () => {
  assert.equal(outputMatches("a (1)\nb", "a (1)\nb\n"), true);
  assert.equal(outputMatches("a ... c\n...\ne", "a b c\nd\nd\ne"), true);
  assert.equal(outputMatches("a", "ab"), false);
  assert.equal(outputMatches("a.c", "abc"), false);
});

test("nameOf() and printedBy() read the comments of a module", () => {
  assert.equal(nameOf("// greeter.ts\na();"), "greeter.ts");
  assert.equal(nameOf("# greeter.py\na()"), "greeter.py");
  assert.equal(nameOf("// Greets.\na();"), undefined);
  assert.deepEqual(printedBy("log(1); // -> 1\nlog(2);\n// -> 2"), ["1", "2"]);
  assert.equal(printedBy("log(1);"), undefined);
});

test("examplesIn() finds the examples of doc comments", () => {
  const text = `
/**
 * Adds.
 * @example
 * \`\`\`ts
 * import { add } from "reef";
 *
 * console.log(add(1, 2)); // -> 3
 * \`\`\`
 * @throws never
 */
export function add() {}
`;
  const code = `import { add } from "reef";\n\nconsole.log(add(1, 2)); // -> 3\n`;
  assert.deepEqual(examplesIn(source("src/add.ts", text)), [{ path: "src/add.ts", line: 4, code }]);
});
