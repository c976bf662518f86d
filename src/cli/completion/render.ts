/** Candidates as each shell's function reads them: a line that says what follows, then one line each. */
import { fit, displayWidth, printable } from "../table.ts";
import type { Answer, Candidate } from "./answer.ts";
import { bashReplacement } from "./bash-line.ts";
import type { BashLine } from "./bash-line.ts";

export interface BashPlace {
  readonly line: BashLine;
  /** The part of the last word that bash replaces: its `$2`. */
  readonly last: string;
  /** Its `COMP_TYPE`: the character of `?` when it only shows a list. */
  readonly type: number;
  readonly columns: number;
}

const listing = "?".charCodeAt(0);

export function renderBash(answer: Answer, { line, last, type, columns }: BashPlace): string {
  if (typeof answer === "string") return `${answer}\n`;
  // bash takes what it is given: those that do not fit are left out here.
  const fitting = safe(answer).filter(({ value }) => value.startsWith(line.current));
  const [only] = fitting;
  const mode = fitting.length === 1 && only?.value.endsWith("=") ? "open" : "words";
  const values = fitting.map(({ value }) => bashReplacement(value, line, last));
  // Only a list is merely shown: whatever else could be put into the line, its descriptions with it.
  const isList = type === listing && fitting.length > 1;
  const lines = isList ? withDescriptions(values, fitting, columns) : values;
  return [mode, ...lines].map((each) => `${each}\n`).join("");
}

export function renderZsh(answer: Answer, columns: number): string {
  if (typeof answer === "string") return `${answer}\n`;
  const candidates = safe(answer);
  const values = candidates.map(({ value }) => value);
  const texts = withDescriptions(values, candidates, columns);
  return ["words", ...values.map((value, index) => `${value}\t${texts[index]}`)].join("\n");
}

export function renderFish(answer: Answer): string {
  if (typeof answer === "string") return `${answer}\n`;
  const lines = safe(answer).map(({ value, description = "" }) => {
    return `${value}\t${printable(description)}`;
  });
  return ["words", ...lines].map((each) => `${each}\n`).join("");
}

/** A line cannot say what has a line end or a tab in it, and a terminal must not be told what to do. */
function safe(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ value }) => !/\p{Cc}/u.test(value));
}

function withDescriptions(
  values: readonly string[],
  candidates: readonly Candidate[],
  columns: number,
): string[] {
  const width = Math.max(0, ...values.map(displayWidth));
  return values.map((value, index) => {
    const description = printable(candidates[index]?.description ?? "");
    if (description === "") return value;
    return fit(
      `${value}${" ".repeat(width - displayWidth(value))}  -- ${description}`,
      columns - 1,
    );
  });
}
