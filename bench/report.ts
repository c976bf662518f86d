/** What a run says: one JSON object a line for programs, or a table with budgets for people. */
import { type Contender, type Measurement, nameOf, type Result } from "./side-by-side.ts";
import { median } from "./statistics.ts";
import { formatTables, spreadOf, type Verdict, verdictOf } from "./verdict.ts";

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
    const ratio = reef && reef !== result ? `${median(ratiosOf(reef, result)).toFixed(2)} x` : "";
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
  return formatTables([header, ...lines], verdicts);
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
    const ratios = ratiosOf(reef, peer);
    return verdictOf({
      claim: `${nameOf(reef.contender)} against ${budget.against}, ${c}`,
      actual: median(ratios),
      ...spreadOf(ratios),
      rule: "at least",
      limit: budget.atLeast,
      unit: "x",
    });
  }
  if (budget.kind === "cpu_us") {
    const cpuUs = medianOf(reef.rounds, "cpuUsPerCall");
    const claim = `CPU of a reef call, ${c}`;
    return verdictOf({ claim, actual: cpuUs, rule: "under", limit: budget.below, unit: "us" });
  }
  const callUs = 1e6 / medianOf(reef.rounds, "rps");
  const claim = `a reef call, ${c}`;
  return verdictOf({ claim, actual: callUs, rule: "under", limit: budget.below, unit: "us" });
}

/** Of each round: what drifts from one to the next drifts for both. */
function ratiosOf(one: Result, other: Result): readonly number[] {
  return one.rounds.map(({ rps }, round) => rps / other.rounds[round]!.rps);
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
