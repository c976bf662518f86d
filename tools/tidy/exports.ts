/** What a module exports, types included, and where each symbol is declared. Node can list values only. */
import { posix } from "node:path";
import { lineAt, type Source } from "./source.ts";

export interface Exported {
  readonly name: string;
  /** `function`, `class`, `const`, `interface` or `type`. */
  readonly kind: string;
  readonly path: string;
  readonly line: number;
  readonly documented: boolean;
}

const declaration =
  /^export (?:declare )?(?:async )?(?:abstract )?(function|class|interface|type|const)\*? (?!\{)([\w$]+)/gm;

const list = /^export (?:type )?\{([^}]*)\}(?:\s*from\s*"([^"]+)")?/gm;

/** The exports of the file at `path`, sorted by name; overloads count once. */
export function exportsOf(path: string, files: ReadonlyMap<string, Source>): Exported[] {
  const file = files.get(path);
  if (file === undefined)
    throw new Error(`Cannot list the exports of ${path}: there is no such file`);
  const found = new Map<string, Exported>();
  for (const match of file.code.matchAll(declaration)) {
    const [, kind = "", name = ""] = match;
    if (found.has(name)) continue;
    const documented = file.text.slice(0, match.index).trimEnd().endsWith("*/");
    found.set(name, { name, kind, path, line: lineAt(file.text, match.index), documented });
  }
  for (const [, names = "", specifier] of file.uncommented.matchAll(list)) {
    const from = specifier === undefined ? path : posix.join(posix.dirname(path), specifier);
    for (const { name, original } of namesIn(names)) {
      found.set(name, { ...declared(original, from, files), name });
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function declared(name: string, path: string, files: ReadonlyMap<string, Source>): Exported {
  const direct = exportsOf(path, files).find((one) => one.name === name);
  if (direct !== undefined) return direct;
  throw new Error(
    `Cannot find the declaration of "${name}" in ${path}: re-export it from where it is declared`,
  );
}

/** `a, type B, c as d` */
function namesIn(text: string): { name: string; original: string }[] {
  return text
    .split(",")
    .map((part) => part.trim().replace(/^type\s+/, ""))
    .filter((part) => part !== "")
    .map((part) => {
      const [original = "", name = original] = part.split(/\s+as\s+/);
      return { name, original };
    });
}
