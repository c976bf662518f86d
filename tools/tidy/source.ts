/** What the rules read: the files of the checkout, and each TypeScript file without what only looks like code. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { blank } from "./blank.ts";

export interface Source {
  /** From the root, with slashes: `src/core/errors.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text with comments, and the contents of strings, overwritten by spaces: same length, same lines. */
  readonly code: string;
  /** The text with comments overwritten, strings kept. */
  readonly uncommented: string;
}

/** One thing that a rule objects to; `text` says what is wrong and what to do instead. */
export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** A rule sees all files at once, because some rules are about how files hang together. */
export type Rule = (sources: readonly Source[]) => Problem[];

/** Not ours, or made from ours. */
const leftOut = new Set(["node_modules", "dist", "coverage", ".git", ".reef"]);

/** What `mkdtemp` has made for a test that runs at the same time, and may be gone before it is read. */
const passing = /^reef-\w{6}$/;

const endings = /\.(ts|js|md|json|sh|html|css)$|^\.ci\/run$/;

/** A file of the checkout, or one that a test of a rule plants. */
export function source(path: string, text: string): Source {
  if (!/\.[jt]s$/.test(path)) return { path, text, code: text, uncommented: text };
  return { path, text, ...blank(text) };
}

/** Every file below `root` that the rules may judge, sorted by path. */
export function readSources(root: string): Source[] {
  return paths(root, "")
    .filter((path) => endings.test(path) && path !== "package-lock.json")
    .toSorted()
    .map((path) => source(path, readFileSync(join(root, path), "utf8")));
}

/** The line that holds the character at `offset`, counted from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1))
    line++;
  return line;
}

/** A test, or what only tests use: `x.test.ts`, `test-x.ts`, and what lies in `fixtures/` or the folder `test/`. */
export function isTest(path: string): boolean {
  return /\.test\.ts$|(?:^|\/)test-[^/]+\.ts$|\/fixtures\/|^test\//.test(path);
}

function paths(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (leftOut.has(entry.name) || passing.test(entry.name)) return [];
    if (entry.isDirectory()) return paths(root, path);
    return entry.isFile() ? [path] : [];
  });
}
