/**
 * Wraps wide comments, which the formatter leaves alone. A paragraph changes only when one of its
 * lines is too wide; lists, tags, tables and indented code keep their lines.
 *
 * `node tools/wrap-comments.ts` writes, `--check` names the files that it would write.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSources, type Source } from "./tidy/source.ts";

/** The formatter breaks code at 100; prose is easier to read a little wider than in pieces. */
const columnsMax = 120;

interface Line {
  readonly text: string;
  readonly isComment: boolean;
}

interface Paragraph {
  /** Before the first row, and before the others: an item hangs. */
  readonly first: string;
  readonly others: string;
  readonly rows: readonly string[];
}

const commentLine = /^(\s*(?:\*|\/\/) )(\S.*)$/;

/** Begins an item, whose further lines are indented by two. */
const item = /^(?:[-*] |@\w|\d+\. )/;

/** Keeps its lines: tables, code, headings, fences, what a line prints. */
const kept = /^(?:[|#>]|```|\/\/|->)/;

/** The text of the file with its wide comments wrapped. */
export function wrapComments({ text, uncommented }: Source): string {
  const blank = uncommented.split("\n").map((line) => line.trim() === "");
  const lines = text.split("\n").flatMap((line, index) => {
    const isComment = blank[index] === true && line.trim() !== "";
    return (isComment ? opened(line) : [line]).map((part) => ({ text: part, isComment }));
  });
  const wrapped: string[] = [];
  for (let at = 0; at < lines.length;) {
    const paragraph = paragraphAt(lines, at);
    const count = Math.max(1, paragraph?.rows.length ?? 0);
    const rows = lines.slice(at, at + count).map((line) => line.text);
    wrapped.push(...(paragraph && rows.some(tooWide) ? fill(paragraph) : rows));
    at += count;
  }
  return wrapped.join("\n");
}

/** A comment on one line that is too wide gets lines for its ends. */
function opened(line: string): string[] {
  const [, indent = "", text] = /^(\s*)\/\*\* (.*) \*\/$/.exec(line) ?? [];
  if (text === undefined || !tooWide(line)) return [line];
  return [`${indent}/**`, `${indent} * ${text}`, `${indent} */`];
}

/** The lines from `start` on that read as one paragraph, if the first is prose. */
function paragraphAt(lines: readonly Line[], start: number): Paragraph | undefined {
  const [, first, beginning] = proseIn(lines[start]) ?? [];
  if (first === undefined || beginning === undefined) return undefined;
  const others = item.test(beginning) ? `${first}  ` : first;
  const rows = [beginning];
  for (const line of lines.slice(start + 1)) {
    const text = line.text.startsWith(others) ? line.text.slice(others.length) : "";
    if (proseIn(line, others) === undefined || item.test(text)) break;
    rows.push(text);
  }
  return { first, others, rows };
}

function proseIn(line: Line | undefined, prefix?: string): RegExpExecArray | undefined {
  if (line?.isComment !== true || line.text.endsWith("*/")) return undefined;
  if (prefix !== undefined && !new RegExp(`^${RegExp.escape(prefix)}\\S`).test(line.text))
    return undefined;
  const match =
    prefix === undefined ? commentLine.exec(line.text) : /^(\s*)(\S.*)$/.exec(line.text);
  const text = prefix === undefined ? match?.[2] : line.text.slice(prefix.length);
  return match && text !== undefined && !kept.test(text) ? match : undefined;
}

function fill({ first, others, rows }: Paragraph): string[] {
  const filled: string[] = [];
  for (const word of rows.flatMap((row) => row.split(/ +/))) {
    const last = filled.at(-1);
    const fits = last !== undefined && last.length + 1 + word.length <= columnsMax;
    // A row must not begin with what would make it an item.
    const begins = item.test(`${word} `) || kept.test(word);
    if (last !== undefined && (fits || begins)) filled[filled.length - 1] = `${last} ${word}`;
    else filled.push(`${last === undefined ? first : others}${word}`);
  }
  return filled;
}

function tooWide(line: string): boolean {
  return line.length > columnsMax && !/https?:\/\//.test(line);
}

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  const check = process.argv.includes("--check");
  const scripts = readSources(root).filter(({ path }) => /\.[jt]s$/.test(path));
  for (const file of scripts) {
    const wrapped = wrapComments(file);
    if (wrapped === file.text) continue;
    if (check) {
      process.stderr.write(
        `${file.path} has comments wider than ${columnsMax}; run npm run format\n`,
      );
      process.exitCode = 1;
    } else writeFileSync(join(root, file.path), wrapped);
  }
}
