/** `foo_bar` is `fooBar` in JSON: a letter behind `_` is a capital one, and the `_` goes. */
export function jsonNameOf(name: string): string {
  return name.replace(/_+(.?)/gu, (_, letter: string) => letter.toUpperCase());
}
