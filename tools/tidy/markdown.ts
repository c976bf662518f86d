/** A text has one title, and it is its first line. */
import { lineAt, type Problem, type Source } from "./source.ts";

export function markdownProblems(sources: readonly Source[]): Problem[] {
  return sources
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) => {
      // In a block of code `#` begins a comment.
      const prose = text.replaceAll(/^```[\s\S]*?^```/gm, (block) =>
        block.replaceAll(/[^\n]/g, " "),
      );
      const titles = [...prose.matchAll(/^# .+/gm)];
      const [first, ...others] = titles;
      if (first?.index !== 0)
        return [{ path, line: 1, text: 'the first line is not the title, "# ..."' }];
      return others.map(({ 0: title, index }) => ({
        path,
        line: lineAt(prose, index),
        text: `"${title}" is a second title; write "## ..."`,
      }));
    });
}
