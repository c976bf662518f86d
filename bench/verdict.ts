/** A promise beside what is. */

export interface Verdict {
  readonly claim: string;
  readonly actual: string;
  readonly limit: string;
  readonly met: boolean;
  /** How far on the good or the bad side of the limit, in percent of it. */
  readonly marginPercent: number;
}

export interface Claim {
  readonly claim: string;
  readonly actual: number;
  /** The least and the most of its rounds, when there were several: whether another run would say the same. */
  readonly spread?: readonly [number, number];
  readonly rule: "at least" | "under";
  readonly limit: number;
  readonly unit: string;
}

export function verdictOf({ claim, actual, spread, rule, limit, unit }: Claim): Verdict {
  const range = spread ? ` (${spread[0].toFixed(2)} to ${spread[1].toFixed(2)})` : "";
  return {
    claim,
    actual: `${actual.toFixed(2)} ${unit}${range}`,
    limit: `${rule} ${limit} ${unit}`,
    met: rule === "under" ? actual < limit : actual >= limit,
    marginPercent: Math.abs(actual / limit - 1) * 100,
  };
}

/** Of what each round said; a single one has none. */
export function spreadOf(rounds: readonly number[]): Pick<Claim, "spread"> {
  return rounds.length > 1 ? { spread: [Math.min(...rounds), Math.max(...rounds)] } : {};
}

/** A table of results and, when there are any, one of verdicts. */
export function formatTables(
  results: readonly (readonly string[])[],
  verdicts: readonly Verdict[],
): string {
  const tables = [alignColumns(results)];
  if (verdicts.length > 0) {
    const lines = verdicts.map(({ claim, actual, limit, met, marginPercent }) => {
      return [claim, actual, limit, `${met ? "met" : "MISSED"} by ${marginPercent.toFixed(0)} %`];
    });
    tables.push(alignColumns([["budget", "is", "promised", ""], ...lines]));
  }
  return tables.join("\n\n");
}

/** The first column to the left, as it is text, the others to the right. */
function alignColumns(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((line) => line[column]!.length)),
  );
  const aligned = lines.map((line) =>
    line.map((cell, column) => {
      const width = widths[column]!;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    }),
  );
  return aligned.map((cells) => cells.join("  ").trimEnd()).join("\n");
}
