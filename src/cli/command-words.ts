/** The words of a command that is started without a shell: quotes and backslashes are understood, and nothing else. */
import { usageError } from "./failure.ts";

/** What means something to a shell alone, as a word of its own. */
const ofShells = new Set(["|", "||", "&", "&&", ";", "<", ">", ">>", "2>&1"]);

/** A variable, where a shell would put its value. */
const variable = /\$(?:\w+|\{\w+\})/y;

/** @throws {ReefError} a usage error for a quote without its end, nothing at all, or what only a shell understands */
export function parseWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else if (character === "\\" && quote === '"') word = (word ?? "") + text.charAt((index += 1));
      else word = (word ?? "") + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\") {
      word = (word ?? "") + text.charAt((index += 1));
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(checked(word, text));
      word = undefined;
    } else {
      variable.lastIndex = index;
      const [name] = variable.exec(text) ?? [];
      if (name !== undefined) throw ofShell(name, text);
      word = (word ?? "") + character;
    }
  }
  if (quote !== undefined) throw refused(text, `a ${quote} has no end`);
  if (word !== undefined) words.push(checked(word, text));
  if (words.length === 0) throw refused(text, "it is empty");
  return words;
}

function checked(word: string, text: string): string {
  if (ofShells.has(word)) throw ofShell(word, text);
  return word;
}

function ofShell(sign: string, text: string): Error {
  const rule = `it is started without a shell, and ${sign} is a shell's`;
  return refused(text, `${rule}; use sh -c '...', or quote it`);
}

function refused(text: string, rule: string): Error {
  return usageError(`Cannot run the command ${JSON.stringify(text)}: ${rule}`);
}
