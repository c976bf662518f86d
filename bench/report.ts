/** What a run says: one JSON object a line for programs, or a table with budgets for people. */
import { type Contender, type Measurement, nameOf, type Result } from "./side-by-side.ts";
import { median } from "./statistics.ts";

/** Something that reef has promised about itself, checked against the results of one run. */
export type Budget =
  | {
      /** Throughput against a peer. */
      readonly kind: "ratio";
      readonly against: string;
      /** Of reef; absent: the plain one. */
      readonly variant?: string;
      readonly concurrency: number;
      readonly atLeast: number;
    }
  | {
      /** CPU time of a call, both ends together. */
      readonly kind: "cpu_us";
      readonly concurrency: number;
      readonly below: number;
    }
  | {
      /** From call to answer, all of it, one at a time. */
      readonly kind: "call_us";
      readonly below: number;
    };

export interface Verdict {
  readonly claim: string;
  readonly actual: string;
  readonly limit: string;
  readonly met: boolean;
  /** How far on the good or the bad side of the limit, in percent of it. */
  readonly marginPercent: number;
}

/** The line of a result in `--json`: medians of the rounds. The names are the format's, not the house's. */
export function rowOf({ contender, concurrency, rounds }: Result): object {
  return {
    peer: contender.peer,
    variant: contender.variant,
    transport: contender.transport,
    bytes: contender.bytes,
    concurrency,
    rps: Math.round(medianOf(rounds, "rps")),
    p50_ms: rounded(medianOf(rounds, "p50Ms"), 4),
    p99_ms: rounded(medianOf(rounds, "p99Ms"), 4),
    cpu_us_per_call: rounded(medianOf(rounds, "cpuUsPerCall"), 2),
  };
}

/** The results as an aligned table, each with what reef does against it, and then the budgets. */
export function formatReport(results: readonly Result[], budgets: readonly Budget[]): string {
  const header = ["peer", "bytes", "c", "per s", "p50 ms", "p99 ms", "CPU us", "reef is"];
  const lines = results.map((result) => {
    const { contender, concurrency, rounds } = result;
    const reef = results.find((other) => isPlainReef(other.contender) && sameLoad(other, result));
    const ratio = reef && reef !== result ? `${ratioOf(reef, result).toFixed(2)} x` : "";
    return [
      nameOf(contender),
      String(contender.bytes),
      String(concurrency),
      medianOf(rounds, "rps").toFixed(0),
      medianOf(rounds, "p50Ms").toFixed(3),
      medianOf(rounds, "p99Ms").toFixed(3),
      medianOf(rounds, "cpuUsPerCall").toFixed(2),
      ratio,
    ];
  });
  const verdicts = budgets.flatMap((budget) => judge(budget, results) ?? []);
  const judged = verdicts.map(({ claim, actual, limit, met, marginPercent }) => {
    return [claim, actual, limit, `${met ? "met" : "MISSED"} by ${marginPercent.toFixed(0)} %`];
  });
  const tables = [alignColumns([header, ...lines])];
  if (judged.length > 0) {
    tables.push(alignColumns([["budget", "is", "promised", ""], ...judged]));
  }
  return tables.join("\n\n");
}

/** Whether a budget is kept; undefined when the run did not measure what it is about. */
export function judge(budget: Budget, results: readonly Result[]): Verdict | undefined {
  const wantedVariant = budget.kind === "ratio" ? (budget.variant ?? null) : null;
  const wantedConcurrency = budget.kind === "call_us" ? 1 : budget.concurrency;
  const reef = results.find(
    ({ contender, concurrency }) =>
      contender.peer === "reef" &&
      contender.variant === wantedVariant &&
      concurrency === wantedConcurrency,
  );
  if (!reef) return undefined;
  const c = `c=${wantedConcurrency}`;
  if (budget.kind === "ratio") {
    const peer = results.find(
      (other) => nameOf(other.contender) === budget.against && sameLoad(other, reef),
    );
    if (!peer) return undefined;
    const ratio = ratioOf(reef, peer);
    const claim = `${nameOf(reef.contender)} against ${budget.against}, ${c}`;
    return verdict(claim, [ratio, budget.atLeast], "at least", "x");
  }
  if (budget.kind === "cpu_us") {
    const cpuUs = medianOf(reef.rounds, "cpuUsPerCall");
    return verdict(`CPU of a reef call, ${c}`, [cpuUs, budget.below], "under", "us");
  }
  const callUs = 1e6 / medianOf(reef.rounds, "rps");
  return verdict(`a reef call, ${c}`, [callUs, budget.below], "under", "us");
}

function verdict(
  claim: string,
  [actual, limit]: readonly [number, number],
  rule: "at least" | "under",
  unit: string,
): Verdict {
  return {
    claim,
    actual: `${actual.toFixed(2)} ${unit}`,
    limit: `${rule} ${limit} ${unit}`,
    met: rule === "under" ? actual < limit : actual >= limit,
    marginPercent: Math.abs(actual / limit - 1) * 100,
  };
}

/** The median of the ratios of each round: what drifts from round to round drifts for both. */
function ratioOf(one: Result, other: Result): number {
  return median(one.rounds.map(({ rps }, round) => rps / other.rounds[round]!.rps));
}

function isPlainReef({ peer, variant }: Contender): boolean {
  return peer === "reef" && variant === null;
}

function sameLoad(one: Result, other: Result): boolean {
  return one.concurrency === other.concurrency && one.contender.bytes === other.contender.bytes;
}

function medianOf(rounds: readonly Measurement[], field: keyof Measurement): number {
  return median(rounds.map((measurement) => measurement[field]));
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The first column to the left, as it is text, the others to the right. */
function alignColumns(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((line) => line[column]!.length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
