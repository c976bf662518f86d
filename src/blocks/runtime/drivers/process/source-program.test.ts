import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { findSource } from "./source-program.ts";

/** A folder `project` with these files in it. */
async function openFolder(files: { readonly [path: string]: string }) {
  const root = await mkdtemp(join(tmpdir(), "reef-"));
  const path = join(root, "project");
  await mkdir(path);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return {
    path,
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}

test("findSource() takes a file as it is and names it after itself", async () => {
  await using folder = await openFolder({ "greeter.ts": "", "old.mjs": "" });
  const file = join(folder.path, "greeter.ts");
  assert.partialDeepStrictEqual(await findSource(file), { source: file, name: "greeter" });
  assert.equal((await findSource(join(folder.path, "old.mjs"))).name, "old");
});

test("findSource() names a file after its folder where its own name says nothing", async () => {
  await using folder = await openFolder({ "index.ts": "", "service.js": "", "main.mts": "" });
  for (const name of ["index.ts", "service.js", "main.mts"]) {
    assert.equal((await findSource(join(folder.path, name))).name, "project");
  }
});

test("findSource() prefers the main of package.json, then service, index, main, the folder's name", async () => {
  const files = ["project.ts", "main.ts", "index.js", "index.ts", "service.mjs", "src/start.ts"];
  const given: { [name: string]: string } = {};
  const found = ["project", "project", "project", "project", "project", "start"];
  for (const [index, name] of files.entries()) {
    given[name] = "";
    if (name === "src/start.ts") given["package.json"] = `{ "main": "./src/start.ts" }`;
    await using folder = await openFolder(given);
    const file = join(folder.path, name);
    const program = await findSource(`${folder.path}/`);
    assert.partialDeepStrictEqual(program, { source: file, name: found[index] });
  }
});

test("findSource() passes over a main that is not there, as npm init writes it", async () => {
  await using folder = await openFolder({
    "package.json": `{ "main": "dist/index.js" }`,
    "service.ts": "",
  });
  assert.equal((await findSource(folder.path)).source, join(folder.path, "service.ts"));
});

test("findSource() says what it looked for in a folder with no service", async () => {
  await using folder = await openFolder({
    "package.json": `{ "main": "lib.js" }`,
    "readme.md": "",
  });
  await assert.rejects(findSource(folder.path), {
    code: "not_found",
    reason: "no_program",
    message: /looked for lib\.js, service\.ts, service\.js.*project\.mjs; name the file itself/,
  });
});

test("findSource() says that a path is not there", async () => {
  await assert.rejects(findSource("/nowhere/greeter.ts"), {
    code: "not_found",
    reason: "no_program",
    message: "Cannot run /nowhere/greeter.ts: there is no such file or folder",
  });
});

test("findSource() refuses a relative path, another kind of file and a broken package.json", async () => {
  await using folder = await openFolder({
    "greeter.py": "",
    "package.json": "{",
    "service.ts": "",
  });
  await assert.rejects(findSource("greeter.ts"), { code: "invalid_argument" });
  await assert.rejects(findSource(join(folder.path, "greeter.py")), {
    code: "invalid_argument",
    message: /a program ends in \.ts, \.mts, \.js, \.mjs, this one in "\.py"/,
  });
  await assert.rejects(findSource(folder.path), { message: /package\.json is not valid JSON/ });
});
