/** The rules about files as such: names, rooms, dead files, texts and places. */
import assert from "node:assert/strict";
import test from "node:test";
import { deadFileProblems } from "./dead-files.ts";
import { markdownProblems } from "./markdown.ts";
import { nameProblems } from "./names.ts";
import { placeProblems } from "./places.ts";
import { roomProblems } from "./rooms.ts";
import { source } from "./source.ts";

function planted(...paths: string[]) {
  return paths.map((path) => source(path, ""));
}

function markdownLines(text: string): number[] {
  return markdownProblems([source("a.md", text)]).map(({ line }) => line);
}

test("nameProblems() refuses drawers and what is not kebab-case", () => {
  for (const path of [
    "src/rpc/utils.ts",
    "src/common/a.ts",
    "src/rpc/helpers.test.ts",
    "src/rpc/types.ts",
  ]) {
    assert.match(nameProblems(planted(path))[0]?.text ?? "", /is a drawer/, path);
  }
  for (const path of [
    "src/rpc/ClientCall.ts",
    "src/rpc/client_call.ts",
    "src/Rpc/a.ts",
    "docs/Guide.md",
  ]) {
    assert.match(nameProblems(planted(path))[0]?.text ?? "", /is not kebab-case/, path);
  }
  const good = [
    "src/rpc/client-call.test.ts",
    "README.md",
    "docs/decisions/0001-one-package.md",
    ".ci/run",
  ];
  assert.deepEqual(nameProblems(planted(...good)), []);
});

test("roomProblems() wants every part of a room and no other", () => {
  const room = ["index", "contract", "service", "remote", "conformance", "drivers/memory"];
  const files = room.map((name) => `src/blocks/store/${name}.ts`);
  const beside = [
    "src/blocks/store/service.test.ts",
    "src/blocks/store/remote.limits.test.ts",
    "src/blocks/store/remote/grant.ts",
    "src/blocks/store/contract.numbers.json",
    "src/blocks/store/conformance/lease-cases.ts",
  ];
  assert.deepEqual(roomProblems(planted(...files, ...beside)), []);
  assert.match(roomProblems(planted(...files.slice(1)))[0]?.text ?? "", /lacks index.ts/);
  assert.match(roomProblems(planted(...files.slice(0, -1)))[0]?.text ?? "", /lacks drivers\//);
  const foreign = roomProblems(planted(...files, "src/blocks/store/keys.ts"));
  assert.deepEqual(
    foreign.map(({ path }) => path),
    ["src/blocks/store/keys.ts"],
  );
});

test("deadFileProblems() finds what nothing published leads to", () => {
  const files = [
    source("src/index.ts", `export { a } from "./core/a.ts";`),
    source("src/core/a.ts", `const child = new URL("./child.ts", import.meta.url);`),
    source("src/core/child.ts", ""),
    source("src/core/dead.ts", ""),
    source("src/core/dead.test.ts", `import "./dead.ts";`),
    source("src/core/test-clock.ts", ""),
    source("src/testing/clock.ts", ""),
    source("src/blocks/store/conformance.ts", ""),
    source("src/blocks/store/index.ts", ""),
  ];
  const dead = deadFileProblems(files, ["src/index.ts", "src/blocks/*/index.ts"]);
  assert.deepEqual(
    dead.map(({ path }) => path),
    ["src/core/dead.ts"],
  );
});

test("markdownProblems() wants one title, first", () => {
  assert.deepEqual(markdownLines("# Title\n\n## Part\n\n```sh\n# a comment\n```\n"), []);
  assert.deepEqual(markdownLines("Text\n\n# Title\n"), [1]);
  assert.deepEqual(markdownLines("# Title\n\n# Another\n"), [3]);
});

test("placeProblems() refuses paths of one machine and hosts of packages", () => {
  for (const parts of [
    ["/ho", "me/ann/x"],
    ["/Us", "ers/ann"],
    ["https://regis", "try.np", "mjs.org/zod"],
  ]) {
    const place = parts.join("");
    assert.equal(placeProblems([source("docs/a.md", `see ${place}`)]).length, 1, place);
  }
  assert.deepEqual(placeProblems([source("docs/a.md", "see ./home and https://nodejs.org")]), []);
});
