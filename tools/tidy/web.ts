/** What `src/browser.ts` leads to runs where there is no Node. */
import { stripTypeScriptTypes } from "node:module";
import { blank } from "./blank.ts";
import { importsOf } from "./imports.ts";
import { lineAt, type Problem, type Source } from "./source.ts";

const entry = "src/browser.ts";

/** What only Node has; `globalThis.Buffer` asks whether it is there. */
const ofNode = /(?<!globalThis\.)\b(?:Buffer\b|process\.|setImmediate\b|require\()/g;

export function webProblems(sources: readonly Source[]): Problem[] {
  const files = new Map(sources.map((file) => [file.path, file]));
  const seen = new Set<string>();
  const waiting = [entry];
  const problems: Problem[] = [];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = files.get(path);
    if (!file || seen.has(path)) continue;
    seen.add(path);
    problems.push(...problemsOf(file));
    for (const { target, typeOnly } of importsOf(file)) {
      if (target !== undefined && !typeOnly) waiting.push(target);
    }
  }
  return problems;
}

function problemsOf({ path, text }: Source): Problem[] {
  // Types are gone when it runs, and every character stays where it was.
  const plain = blank(stripTypeScriptTypes(text)).code;
  const names = [...plain.matchAll(ofNode)].map(({ 0: found, index }) => ({
    path,
    line: lineAt(text, index),
    text: `"${found}" is Node's, and ${entry} leads here; use what browsers have, or move it to a file of its own`,
  }));
  const imports = importsOf({ path, text, ...blank(text) })
    .filter(({ target, typeOnly }) => target === undefined && !typeOnly)
    .map(({ specifier, line }) => ({
      path,
      line,
      text: `"${specifier}" is not there in a browser, and ${entry} leads here; move what needs it to a file of its own`,
    }));
  return [...names, ...imports];
}
