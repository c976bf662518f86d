/** Which file names which: imports, re-exports, and files that are started as a process of their own. */
import { posix } from "node:path";
import { lineAt, type Source } from "./source.ts";

export interface Import {
  /** As it is written: `./errors.ts`, `node:fs`, `reef/testing`. */
  readonly specifier: string;
  /** From the root, when the specifier is relative. */
  readonly target: string | undefined;
  /** `import type`, which is gone when the program runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** `import x from "y"`, `export { x } from "y"`, `import "y"`. */
const statement = /^\s*(?:import|export)\b\s*(type\b(?!\s+from\b))?[^;"]*?"([^"\n]+)"/gm;

/** `import("y")`, `new URL("./y.ts", import.meta.url)`. */
const expression = /\b(?:import\(|new URL\()\s*"([^"\n]+)"/g;

export function importsOf(file: Source): Import[] {
  const statements = [...file.uncommented.matchAll(statement)]
    .filter((match) => isStatement(file, match.index, match[0]))
    .map((match) => found(file, match, match[2] ?? "", match[1] !== undefined));
  const expressions = [...file.uncommented.matchAll(expression)]
    .filter((match) => file.code.startsWith(match[0].slice(0, 4), match.index))
    .filter((match) => !match[0].startsWith("new") || /\.[jt]s"$/.test(match[0]))
    .map((match) => found(file, match, match[1] ?? "", false));
  return [...statements, ...expressions];
}

/** It stands in code, not in a string, and is not the declaration of something whose value is a string. */
function isStatement(file: Source, offset: number, text: string): boolean {
  const code = file.code.slice(offset, offset + text.length);
  return /^\s*(import\s*"|(import|export)\b[\s\S]*\bfrom\s*")/.test(code);
}

function found(file: Source, match: RegExpExecArray, specifier: string, typeOnly: boolean): Import {
  const relative = specifier.startsWith(".");
  return {
    specifier,
    target: relative ? posix.join(posix.dirname(file.path), specifier) : undefined,
    typeOnly,
    // Behind the white space with which the match may begin.
    line: lineAt(file.text, match.index + match[0].search(/\S/)),
  };
}
