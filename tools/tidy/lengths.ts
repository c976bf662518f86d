/**
 * Files and functions stay short enough to be read in one go. What was longer when the rule came is listed in
 * ratchet.json with its length; an entry may only get smaller and go.
 */
import { functionsOf } from "./functions.ts";
import type { Problem, Source } from "./source.ts";

/** Most files should have 60 to 150. */
const fileLinesMax = 400;

/** In the room of a block, which others copy and drivers of users are held to. */
const roomFileLinesMax = 200;

/** What fits on a screen. */
const functionLinesMax = 70;

/** `src/a.ts` or `src/a.ts#function` to its number of lines. */
export type Ratchet = { readonly [key: string]: number };

export function lengthProblems(sources: readonly Source[], ratchet: Ratchet): Problem[] {
  const found = new Map<string, number>();
  const problems: Problem[] = [];
  for (const file of sources.filter(({ path }) => path.endsWith(".ts"))) {
    const lines = file.text.split("\n").length - 1;
    const max = file.path.startsWith("src/blocks/") ? roomFileLinesMax : fileLinesMax;
    measure(file.path, lines, max, { path: file.path, line: 1 });
    for (const { name, line, ownLines } of functionsOf(file)) {
      measure(`${file.path}#${name}`, ownLines, functionLinesMax, { path: file.path, line });
    }
  }
  for (const key of Object.keys(ratchet).filter((listed) => !found.has(listed))) {
    problems.push({
      path: "tools/tidy/ratchet.json",
      line: 1,
      text: `"${key}" is short enough now; take its entry out`,
    });
  }
  return problems;

  function measure(key: string, lines: number, max: number, place: Omit<Problem, "text">): void {
    if (lines <= max) return;
    found.set(key, lines);
    const allowed = ratchet[key] ?? max;
    if (lines > allowed) {
      const text = `"${key}" has ${lines} lines, more than ${allowed}; take a part with a name of its own out of it`;
      problems.push({ ...place, text });
    } else if (lines < allowed) {
      const text = `"${key}" has shrunk to ${lines} lines; write ${lines} into tools/tidy/ratchet.json`;
      problems.push({ ...place, text });
    }
  }
}
