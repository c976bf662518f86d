/** Files are found by their names: kebab-case, and never a drawer for whatever fits nowhere else. */
import type { Problem, Source } from "./source.ts";

const kebab = /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/;

/** Names that the world prescribes. */
const prescribed = /^(?:README|ARCHITECTURE|STYLE|CHANGELOG|CONTRIBUTING|SECURITY)\.md$/;

const drawers = /^(?:utils?|helpers?|common|shared|misc|lib|types|constants)(?:\.test)?(?:\.ts)?$/;

export function nameProblems(sources: readonly Source[]): Problem[] {
  const names = new Map<string, string>();
  for (const { path } of sources) {
    const parts = path.split("/");
    for (const [index] of parts.entries()) names.set(parts.slice(0, index + 1).join("/"), path);
  }
  return [...names].flatMap(([path, first]) => {
    const name = path.split("/").at(-1) ?? "";
    if (name.startsWith(".") || prescribed.test(name)) return [];
    if (drawers.test(name)) {
      const text = `"${name}" is a drawer; name a file after its main export, in the room that uses it`;
      return [{ path: first, line: 1, text }];
    }
    if (kebab.test(name)) return [];
    return [
      {
        path: first,
        line: 1,
        text: `"${name}" is not kebab-case; name a file after its main export`,
      },
    ];
  });
}
