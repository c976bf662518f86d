/** A file of src that nothing published leads to is dead, however well it is tested. */
import { importsOf } from "./imports.ts";
import { isTest, type Problem, type Source } from "./source.ts";

/** `entries` are the files that users reach themselves: the targets of `exports`, and the command. */
export function deadFileProblems(
  sources: readonly Source[],
  entries: readonly string[],
): Problem[] {
  const files = new Map(
    sources.filter(({ path }) => /^src\/.*\.ts$/.test(path)).map((file) => [file.path, file]),
  );
  const alive = new Set<string>();
  const waiting = entries.flatMap((entry) => expand(entry, [...files.keys()]));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = files.get(path);
    if (file === undefined || alive.has(path)) continue;
    alive.add(path);
    for (const { target } of importsOf(file)) if (target !== undefined) waiting.push(target);
  }
  return [...files.keys()]
    .filter((path) => !alive.has(path) && !isTest(path) && !isForTests(path))
    .map((path) => ({
      path,
      line: 1,
      text: "nothing that is published leads here; import it, export it in package.json, or delete it",
    }));
}

/** Conformance suites and the test kit are published for tests, ours and others'. */
function isForTests(path: string): boolean {
  return path.startsWith("src/testing/") || /\/conformance(\.ts$|\/)/.test(path);
}

function expand(entry: string, paths: readonly string[]): string[] {
  if (!entry.includes("*")) return [entry];
  const [before = "", after = ""] = entry.split("*");
  return paths.filter((path) => path.startsWith(before) && path.endsWith(after));
}
