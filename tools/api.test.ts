/**
 * The golden list of what the package exports: a change of the API is a change of tools/api.txt, which a reviewer sees.
 * After a change that is meant, `node tools/api.test.ts --update` writes the list anew.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { filesOf, type Manifest } from "./pack.ts";
import { exportsOf, type Exported } from "./tidy/exports.ts";
import { readSources } from "./tidy/source.ts";

const root = join(import.meta.dirname, "..");
const golden = join(import.meta.dirname, "api.txt");
const files = new Map(readSources(root).map((file) => [file.path, file]));

if (process.argv.includes("--update")) writeFileSync(golden, listing());
else {
  test("the package exports what tools/api.txt lists", () => {
    const hint =
      'the exports have changed; if that is meant, run "node tools/api.test.ts --update"';
    const [now, before] = [listing().split("\n"), readFileSync(golden, "utf8").split("\n")];
    const added = now.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
    const removed = before.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
    assert.ok(listing() === readFileSync(golden, "utf8"), [hint, ...removed, ...added].join("\n"));
  });

  test("every export of the package has a doc comment", () => {
    const silent = [...published().values()].flat().filter(({ documented }) => !documented);
    const places = new Set(silent.map(({ name, path, line }) => `${path}:${line} ${name}`));
    assert.deepEqual([...places], []);
  });
}

/** One paragraph for each sub-path. */
function listing(): string {
  return [...published()]
    .map(([subpath, exported]) => {
      const lines = exported.map(({ kind, name }) => `  ${kind} ${name}`);
      return [`reef${subpath.slice(1)}`, ...lines, ""].join("\n");
    })
    .join("\n");
}

function published(): Map<string, Exported[]> {
  // A manifest of our own.
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  const targets = Object.entries(exports)
    .map(([subpath, target]) => [subpath, filesOf(target)[0] ?? ""] as const)
    .filter(([, target]) => target.endsWith(".ts"))
    .flatMap(([subpath, target]) => expand(subpath, target.slice("./".length)));
  return new Map(targets.map(([subpath, path]) => [subpath, exportsOf(path, files)]));
}

/** A pattern such as `./blocks/*` stands for each file that its target matches. */
function expand(subpath: string, target: string): [subpath: string, path: string][] {
  const [before = "", after] = target.split("*");
  if (after === undefined) return [[subpath, target]];
  return [...files.keys()]
    .filter((path) => path.startsWith(before) && path.endsWith(after))
    .map((path) => [subpath.replace("*", path.slice(before.length, -after.length)), path]);
}
