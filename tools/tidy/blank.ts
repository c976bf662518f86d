/**
 * Overwrites what only looks like code, so that rules can be plain expressions over text. TypeScript 7 offers no parser
 * to programs; this reads just enough of the language to know comments, strings, templates and regular expressions.
 */

export interface Blanked {
  readonly code: string;
  readonly uncommented: string;
}

interface Reader {
  readonly text: string;
  at: number;
  /** Ends of `text` up to `at`, with comments, or comments and strings, overwritten. */
  code: string;
  uncommented: string;
}

/** After one of these a slash begins a regular expression; after a value it divides. */
const beforeRegex =
  /(^|[-+*%=<>&|^!~?:;,({[]|\b(return|typeof|case|in|of|yield|await|throw|else|do))$/;

/** `code` has comments and the contents of strings overwritten with spaces, `uncommented` comments only. */
export function blank(text: string): Blanked {
  const reader: Reader = { text, at: 0, code: "", uncommented: "" };
  readCode(reader, "");
  return { code: reader.code, uncommented: reader.uncommented };
}

/** Reads until `end` at the same depth of braces, or the end of the text. */
function readCode(reader: Reader, end: "}" | ""): void {
  let depth = 0;
  while (reader.at < reader.text.length) {
    const { text, at } = reader;
    const char = text.charAt(at);
    if (char === end && depth === 0) return;
    if (char === "{") depth++;
    if (char === "}") depth--;
    if (text.startsWith("//", at) || text.startsWith("#!", at)) comment(reader, "\n");
    else if (text.startsWith("/*", at)) comment(reader, "*/");
    else if (char === '"' || char === "'") string(reader, char);
    else if (char === "`") template(reader);
    else if (char === "/" && beforeRegex.test(reader.code.trimEnd())) regex(reader);
    else keep(reader, 1);
  }
}

function comment(reader: Reader, end: string): void {
  const found = reader.text.indexOf(end, reader.at + 2);
  const stop = found === -1 ? reader.text.length : found + (end === "\n" ? 0 : end.length);
  const spaces = spacesFor(reader.text.slice(reader.at, stop));
  reader.code += spaces;
  reader.uncommented += spaces;
  reader.at = stop;
}

function string(reader: Reader, quote: string): void {
  keep(reader, 1);
  while (reader.at < reader.text.length && !`${quote}\n`.includes(reader.text.charAt(reader.at))) {
    hide(reader, reader.text.charAt(reader.at) === "\\" ? 2 : 1);
  }
  keep(reader, 1);
}

function template(reader: Reader): void {
  keep(reader, 1);
  while (reader.at < reader.text.length && reader.text.charAt(reader.at) !== "`") {
    if (reader.text.startsWith("${", reader.at)) {
      keep(reader, 2);
      readCode(reader, "}");
      keep(reader, 1);
    } else {
      hide(reader, reader.text.charAt(reader.at) === "\\" ? 2 : 1);
    }
  }
  keep(reader, 1);
}

function regex(reader: Reader): void {
  keep(reader, 1);
  let inClass = false;
  while (reader.at < reader.text.length) {
    const char = reader.text.charAt(reader.at);
    if (char === "\n" || (char === "/" && !inClass)) break;
    if (char === "[") inClass = true;
    if (char === "]") inClass = false;
    hide(reader, char === "\\" ? 2 : 1);
  }
  keep(reader, 1);
}

function keep(reader: Reader, length: number): void {
  const kept = reader.text.slice(reader.at, reader.at + length);
  reader.code += kept;
  reader.uncommented += kept;
  reader.at += length;
}

function hide(reader: Reader, length: number): void {
  const hidden = reader.text.slice(reader.at, reader.at + length);
  reader.code += spacesFor(hidden);
  reader.uncommented += hidden;
  reader.at += length;
}

function spacesFor(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}
