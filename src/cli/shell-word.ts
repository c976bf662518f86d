/** A word as a shell wants it typed, for the commands that we tell people to type. */
export function shellWord(word: string): string {
  // What no shell of ours gives a meaning to.
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
