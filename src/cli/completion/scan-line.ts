/** Words of a line that is not finished, where nothing can be wrong yet. */
import type { OptionSpec, OptionSpecs } from "../command.ts";

export interface ScannedLine {
  readonly positionals: readonly string[];
  /** Flags with their last value, which is empty for those without one. */
  readonly given: ReadonlyMap<string, string>;
  /** The flag whose value comes next. */
  readonly pending?: string;
  /** Whether `--` stands before the cursor. */
  readonly afterDashes: boolean;
  /** How many words were read. */
  readonly length: number;
}

/** Reads all words, or, with `most`, stops behind so many positionals. */
export function scanLine(
  words: readonly string[],
  options: OptionSpecs,
  most: number = Infinity,
): ScannedLine {
  const positionals: string[] = [];
  const given = new Map<string, string>();
  let index = 0;
  for (; index < words.length && positionals.length < most; index++) {
    const word = words[index] ?? "";
    const done = { positionals, given };
    if (word === "--") return { ...done, afterDashes: true, length: words.length };
    const name = flagOf(word, options);
    if (name === undefined) {
      if (!word.startsWith("-") || word === "-") positionals.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const hasOwnValue = equals >= 0 || !takesValue(options[name]);
    if (hasOwnValue) given.set(name, equals < 0 ? "" : word.slice(equals + 1));
    else if (index + 1 === words.length) {
      return { ...done, pending: name, afterDashes: false, length: words.length };
    } else given.set(name, words[++index] ?? "");
  }
  return { positionals, given, afterDashes: false, length: index };
}

export function takesValue(spec: OptionSpec | undefined): boolean {
  return spec !== undefined && spec.type !== "flag";
}

/** `--name`, `--name=value`, `-n`. */
function flagOf(word: string, options: OptionSpecs): string | undefined {
  const long = /^--([^=]+)/.exec(word)?.[1];
  if (long !== undefined) {
    if (Object.hasOwn(options, long)) return long;
    const positive = long.replace(/^no-/, "");
    return Object.hasOwn(options, positive) && !takesValue(options[positive])
      ? positive
      : undefined;
  }
  if (!/^-[a-z]$/i.test(word)) return undefined;
  return Object.entries(options).find(([, { short }]) => short === word.slice(1))?.[0];
}
