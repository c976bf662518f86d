/** Nothing in the repository works on one machine only, or names where its packages came from. */
import { isTest, lineAt, type Problem, type Source } from "./source.ts";

// Put together here, so that this file does not name them either.
const places = new RegExp(
  [
    ["/ho", "me/\\w"],
    ["/Us", "ers/\\w"],
    ["/wo", "rk/"],
    ["/fa", "rm/"],
    ["C:\\\\Us", "ers"],
    ["regis", "try\\.np", "mjs"],
    ["deb\\.deb", "ian"],
    ["archive\\.ubu", "ntu"],
  ]
    .map((parts) => parts.join(""))
    .join("|"),
  "g",
);

export function placeProblems(sources: readonly Source[]): Problem[] {
  // In a test such a path may be what the test is about.
  const judged = sources.filter(({ path }) => !isTest(path));
  return judged.flatMap(({ path, text }) =>
    [...text.matchAll(places)].map(({ 0: place, index }) => ({
      path,
      line: lineAt(text, index),
      text: `"${place}" is a place of one machine; take a path from the caller or from import.meta.dirname`,
    })),
  );
}
