/** A `.proto` file as tokens, with the comments in front of each. */
import { protoError, protoLimitError, quoted, type ProtoSource } from "./proto-error.ts";

export type TokenKind = "word" | "int" | "float" | "string" | "symbol" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** As it was written. */
  readonly text: string;
  /** In UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** Between the token before and this one. */
  readonly comments?: readonly Comment[];
}

export interface Comment {
  readonly start: number;
  /** Without the newline that ends a line comment. */
  readonly end: number;
  readonly block: boolean;
}

/**
 * In UTF-16 units. The largest file of googleapis has a tenth of it; a text like this one is a mistake or an attack.
 */
export const fileLengthMax = 4 * 1024 * 1024;

/** Each costs some 100 bytes while the file is read. */
export const tokensMax = 500_000;

/** @throws {ReefError} `invalid_argument` with the place of what is no token */
export function tokenize(source: ProtoSource): Token[] {
  const { text, file } = source;
  if (text.length > fileLengthMax) {
    throw protoLimitError(
      file,
      `a file has at most ${fileLengthMax} characters, this one ${text.length}`,
    );
  }
  const tokens: Token[] = [];
  let comments: Comment[] | undefined;
  // A byte order mark may stand in front.
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (;;) {
    spacePattern.lastIndex = start;
    spacePattern.test(text);
    start = Math.max(start, spacePattern.lastIndex);
    if (start >= text.length) break;
    const block = text.startsWith("/*", start);
    if (block || text.startsWith("//", start)) {
      const end = block ? blockEnd(source, start) : lineEnd(text, start);
      (comments ??= []).push({ start, end, block });
      start = end;
      continue;
    }
    const { kind, end } = scan(source, start);
    tokens.push({ kind, text: text.slice(start, end), start, end, ...(comments && { comments }) });
    comments = undefined;
    start = end;
    if (tokens.length > tokensMax) {
      throw protoLimitError(file, `a file has at most ${tokensMax} words and signs`);
    }
  }
  tokens.push({ kind: "end", text: "", start, end: start, ...(comments && { comments }) });
  return tokens;
}

// Sticky and made of one class each: they run through any length without going back.
const spacePattern = /[ \t\r\n\v\f]*/y;
const wordPattern = /[A-Za-z_][A-Za-z0-9_]*/y;
const digitsPattern = /[0-9A-Za-z_.]+/y;
const symbols = new Set("{}[]();:,.=<>-/");

function scan(source: ProtoSource, start: number): { kind: TokenKind; end: number } {
  const { text } = source;
  wordPattern.lastIndex = start;
  if (wordPattern.test(text)) return { kind: "word", end: wordPattern.lastIndex };
  const first = text.charAt(start);
  if (isDigit(first) || (first === "." && isDigit(text.charAt(start + 1)))) {
    return scanNumber(source, start);
  }
  if (first === '"' || first === "'") return { kind: "string", end: stringEnd(source, start) };
  if (symbols.has(first)) return { kind: "symbol", end: start + 1 };
  throw protoError({
    source,
    offset: start,
    rule: `expected a word, a number, a string or a sign, found ${quoted(String.fromCodePoint(text.codePointAt(start) ?? 0))}`,
    advice: "remove it, or put it into a string",
  });
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end === -1 ? text.length : end;
}

function blockEnd(source: ProtoSource, start: number): number {
  const end = source.text.indexOf("*/", start + 2);
  if (end !== -1) return end + 2;
  throw protoError({
    source,
    offset: start,
    rule: 'expected "*/" at the end of this comment, found the end of the file',
    advice: "close it",
  });
}

function stringEnd(source: ProtoSource, start: number): number {
  const { text } = source;
  const quote = text.charAt(start);
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === quote) return at + 1;
    if (character === "\n") break;
    if (character === "\\" && text.charAt(at + 1) !== "\n") at++;
  }
  throw protoError({
    source,
    offset: start,
    rule: `expected ${quote} at the end of this string, found the end of the line`,
    advice: "close it on the same line; strings that follow each other are joined",
  });
}

function scanNumber(source: ProtoSource, start: number): { kind: "int" | "float"; end: number } {
  const { text } = source;
  let end = start;
  // More than a number may be: what is wrong with it is said below.
  for (;;) {
    digitsPattern.lastIndex = end;
    if (!digitsPattern.test(text)) break;
    end = digitsPattern.lastIndex;
    const signed = /[eE]/.test(text.charAt(end - 1)) && /[+-]/.test(text.charAt(end));
    if (!signed || /^0[xX]/.test(text.slice(start, start + 2))) break;
    end += 1;
  }
  return { kind: numberKind(source, text.slice(start, end), start), end };
}

const intPattern = /^(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/;
const floatPattern = /^(?:[0-9]+\.[0-9]*|[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fF]?$/;

function numberKind(source: ProtoSource, number: string, offset: number): "int" | "float" {
  if (intPattern.test(number)) return "int";
  // 08 is an octal number with a wrong digit, not a float; 0.8 and 08.5 are floats.
  if (floatPattern.test(number) && !/^0[0-9]+$/.test(number)) return "float";
  throw protoError({
    source,
    offset,
    rule: `expected a number, found ${quoted(number)}`,
    advice: "write it like 10, 0x1F, 017 or 1.5e3",
  });
}
