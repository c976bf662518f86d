/**
 * The line of a bash as words. Bash has words of its own, cut at `=` and `:` and with their quotes, and it puts a
 * completion in the place of the last of those; so the line is read here, and the answer cut and quoted to fit.
 */
import type { TypedLine } from "./answer.ts";

export interface BashLine extends TypedLine {
  /** The word at the cursor with its quotes. */
  readonly raw: string;
  /** The quote that is open at the cursor. */
  readonly quote: "" | "'" | '"';
}

/** Reads the line as far as the cursor; its first word is the command. */
export function readBashLine(line: string): BashLine {
  const words: string[] = [];
  let word = "";
  let start = 0;
  let quote: BashLine["quote"] = "";
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (quote === "" && /\s/.test(char)) {
      if (at > start) words.push(word);
      word = "";
      start = at + 1;
    } else if (char === quote) quote = "";
    else if (quote === "" && (char === "'" || char === '"')) quote = char;
    else if (char === "\\" && quote !== "'") {
      const next = line.charAt(++at);
      // Between double quotes a backslash is one, but before what has a meaning there.
      word += quote === '"' && !/["$`\\]/.test(next) ? `\\${next}` : next;
    } else word += char;
  }
  return { words: words.slice(1), current: word, raw: line.slice(start), quote };
}

/** What of `value` bash has to put in the place of its own last word, which is `last`. */
export function bashReplacement(value: string, { raw, quote }: BashLine, last: string): string {
  const before = raw.endsWith(last) ? raw.slice(0, raw.length - last.length) : "";
  const kept = readBashLine(`reef ${before}`).current;
  return quoted(value.slice(kept.length), quote);
}

function quoted(text: string, quote: BashLine["quote"]): string {
  if (quote === '"') return text.replace(/["$`\\]/g, String.raw`\$&`);
  if (quote === "'") return text.replaceAll("'", String.raw`'\''`);
  return text.replace(/[^\w@%+=:,./-]/g, String.raw`\$&`);
}
