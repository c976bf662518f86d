/**
 * What is wrong in a `.proto` file, and where: every error of this folder that a user's text can cause is made here.
 */
import { ReefError } from "../../core/errors.ts";

/** A text and the path by which it is known. */
export interface ProtoSource {
  readonly file: string;
  readonly text: string;
}

export interface ProtoProblem {
  readonly source: ProtoSource;
  /** In the text, in UTF-16 units. */
  readonly offset: number;
  /** The rule and what was there instead: `expected ";" after a field, found "}"`. */
  readonly rule: string;
  readonly advice: string;
}

export function protoError({ source, offset, rule, advice }: ProtoProblem): ReefError {
  const { line, column } = placeOf(source.text, offset);
  return new ReefError(
    "invalid_argument",
    `Cannot read ${source.file}:${line}:${column}: ${rule}; ${advice}`,
    { violations: [{ path: `${source.file}:${line}:${column}`, message: rule }] },
  );
}

/** A limit of the parser that the text goes beyond. */
export function protoLimitError(file: string, rule: string): ReefError {
  return new ReefError("resource_exhausted", `Cannot read ${file}: ${rule}; split it into files`);
}

/** From 1, as editors count. */
function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** What a user wrote, short enough for a message. */
export function quoted(text: string): string {
  const [first = ""] = text.split("\n");
  // A string has its quotes already.
  if (/^["']/.test(first) && first.length <= 40) return first;
  return `"${first.length > 40 ? `${first.slice(0, 40)}...` : first}"`;
}
