/** "Did you mean": the known word that is nearest to what was typed. */

/** The nearest of `known`, or undefined when none is near enough to be meant. */
export function nearest(typed: string, known: Iterable<string>): string | undefined {
  const word = typed.toLowerCase();
  let best: string | undefined;
  // A third of the letters may be wrong: `lst` is list, `xyz` is nothing.
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? onlyPrefix(word, known);
}

/** ` (did you mean "list"?)`, or nothing: to be put behind the word that is wrong. */
export function didYouMean(typed: string, known: Iterable<string>): string {
  const word = nearest(typed, known);
  return word === undefined ? "" : ` (did you mean "${word}"?)`;
}

/** `desc` is `describe` although four letters are missing, when nothing else starts like that. */
function onlyPrefix(word: string, known: Iterable<string>): string | undefined {
  if (word.length < 2) return undefined;
  const matches = [...known].filter((candidate) => candidate.toLowerCase().startsWith(word));
  return matches.length === 1 ? matches[0] : undefined;
}

/** Letters to add, drop, change or swap with their neighbour; `limit` when it is that or more. */
function editDistance(a: string, b: string, limit: number): number {
  // Words longer than this are not typing errors, and the table below grows with the product.
  if (Math.abs(a.length - b.length) >= limit || a.length > 100) return limit;
  let previous: number[] = [];
  let current = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const next = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const change = (current[column - 1] ?? 0) + (same ? 0 : 1);
      const dropOrAdd = Math.min(current[column] ?? 0, next[column - 1] ?? 0) + 1;
      const swap = swapped && row > 1 ? (previous[column - 2] ?? 0) + 1 : limit;
      next.push(Math.min(change, dropOrAdd, swap));
    }
    [previous, current] = [current, next];
  }
  return Math.min(current[b.length] ?? limit, limit);
}
