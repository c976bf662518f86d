/** Rows of words as aligned columns, by the width that a terminal shows, not by the length of the string. */
import { stripVTControlCharacters } from "node:util";
import type { Paint } from "./terminal.ts";

/** A word with the paint it gets once everything is measured. */
export type Cell = string | { readonly text: string; readonly paint: Paint };

export interface TableOptions {
  /** No line is wider; the last column gives way. Absent: lines are as long as they are. */
  readonly columns?: number | undefined;
  /** How the heading looks. @default plain */
  readonly headPaint?: Paint;
}

const gap = "  ";

/** The table with its heading, each line ended; no trailing blanks. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions = {},
): string {
  const { columns = Infinity, headPaint = unpainted } = options;
  const lines = [
    head.map((text) => ({ text, paint: headPaint })),
    ...rows.map((row) => row.map(cell)),
  ];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => displayWidth(line[column]?.text ?? ""))),
  );
  return lines.map((line) => `${renderLine(line, widths, columns)}\n`).join("");
}

interface PaintedCell {
  readonly text: string;
  readonly paint: Paint;
}

function renderLine(line: readonly PaintedCell[], widths: readonly number[], columns: number) {
  let left = columns;
  const words = line.map(({ text, paint }, column) => {
    const shown = fit(text, left);
    const isLast = column === line.length - 1;
    const blanks = isLast ? 0 : Math.max(0, (widths[column] ?? 0) - displayWidth(shown));
    left -= displayWidth(shown) + blanks + gap.length;
    return (shown && paint(shown)) + " ".repeat(blanks);
  });
  return words.join(gap).trimEnd();
}

function cell(value: Cell): PaintedCell {
  const { text, paint } = typeof value === "string" ? { text: value, paint: unpainted } : value;
  return { text: printable(text), paint };
}

function unpainted(text: string): string {
  return text;
}

/**
 * Foreign words cannot steer the terminal: control characters are shown as their pictures.
 * Source: Unicode block "Control Pictures", U+2400
 */
export function printable(text: string): string {
  const plain = stripVTControlCharacters(text).replaceAll("\t", "  ");
  return plain.replace(/\p{Cc}/gu, (control) => {
    const code = control.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\u2421";
  });
}

/** `text`, cut with an ellipsis when it is wider than `columns`. */
export function fit(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let shown = "";
  let width = 0;
  for (const { segment } of graphemesOf(text)) {
    const step = graphemeWidth(segment);
    if (width + step > columns - 1) break;
    shown += segment;
    width += step;
  }
  return columns < 1 ? "" : `${shown}…`;
}

/** Columns that a terminal uses for `text`. */
export function displayWidth(text: string): number {
  // Nearly everything is plain ASCII, which needs no segmentation.
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(stripVTControlCharacters(text))) {
    width += graphemeWidth(segment);
  }
  return width;
}

/** Made here, because the first one of a process reads the rules of all scripts, 15 ms that ASCII does without. */
function graphemesOf(text: string): Intl.Segments {
  return new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text);
}

/**
 * The blocks that terminals draw two columns wide.
 * Source: Unicode Standard Annex #11, East Asian Width, classes W and F, as whole blocks
 */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;

function graphemeWidth(grapheme: string): number {
  if (/^[\p{Cc}\p{Mn}\p{Me}\p{Cf}]/u.test(grapheme)) return 0;
  if (wide.test(grapheme) || /^\p{Emoji_Presentation}|\ufe0f/u.test(grapheme)) return 2;
  return 1;
}
