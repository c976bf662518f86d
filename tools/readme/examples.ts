/** The examples of doc comments: what follows `@example`, up to the next tag or the end of the comment. */
import { lineAt, type Source } from "../tidy/source.ts";

export interface Example {
  readonly path: string;
  readonly line: number;
  readonly code: string;
}

export function examplesIn({ path, text }: Source): Example[] {
  return [...text.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)].flatMap(({ 0: comment, index }) => {
    const body = comment.replace(/\s*\*\/$/, "\n").replaceAll(/^[ \t]*(?:\/\*\*|\*) ?/gm, "");
    return [...body.matchAll(/^@example\b[^\n]*\n([\s\S]*?)(?=^@\w+|(?![\s\S]))/gm)].map(
      (match) => ({
        path,
        line: lineAt(text, index) + body.slice(0, match.index).split("\n").length - 1,
        code: (match[1] ?? "").replaceAll(/^```.*\n?/gm, ""),
      }),
    );
  });
}
