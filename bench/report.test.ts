import assert from "node:assert/strict";
import { test } from "node:test";
import { formatReport, judge, rowOf } from "./report.ts";
import type { Contender, Result } from "./side-by-side.ts";

test("rowOf() has the fields of the format, as medians of the rounds", () => {
  assert.deepEqual(rowOf(resultOf("reef", [100, 300.4, 200])), {
    peer: "reef",
    variant: null,
    transport: "tcp",
    bytes: 27,
    concurrency: 32,
    rps: 200,
    p50_ms: 0.5,
    p99_ms: 2.25,
    cpu_us_per_call: 6,
  });
});

test("judge() takes the ratio within each round, so that drift of the machine does not count", () => {
  // Twice as fast in every round of a machine that stalls; the ratio of the medians is 4.
  const results = [resultOf("reef", [200, 20, 2_200]), resultOf("nest-tcp", [100, 10, 1_000])];
  const budget = { kind: "ratio", against: "nest-tcp", concurrency: 32, atLeast: 1.6 } as const;
  const verdict = judge(budget, results);
  assert.equal(verdict?.actual, "2.00 x (2.00 to 2.20)");
  assert.equal(verdict.met, true);
  assert.equal(Math.round(verdict.marginPercent), 25);
});

test("judge() says by how much a budget is missed", () => {
  const results = [resultOf("reef", [150]), resultOf("grpc-js", [10])];
  const budget = { kind: "ratio", against: "grpc-js", concurrency: 32, atLeast: 20 } as const;
  const verdict = judge(budget, results);
  assert.equal(verdict?.met, false);
  assert.equal(Math.round(verdict.marginPercent), 25);
});

test("judge() compares only equal loads of the variant that the budget is about", () => {
  const results = [
    resultOf("reef", [10]),
    resultOf("reef", [60], { variant: "metadata" }),
    resultOf("bare-wire", [1_000], { bytes: 1_024 }),
    resultOf("bare-wire", [100]),
  ];
  const against = { kind: "ratio", against: "bare-wire", concurrency: 32, atLeast: 0.6 } as const;
  assert.equal(judge(against, results)?.actual, "0.10 x");
  assert.equal(judge({ ...against, variant: "metadata" }, results)?.actual, "0.60 x");
});

test("judge() holds CPU time and call time against an upper limit", () => {
  const results = [resultOf("reef", [500_000]), resultOf("reef", [400_000], {}, 1)];
  const cpu = judge({ kind: "cpu_us", concurrency: 32, below: 5 }, results);
  assert.deepEqual([cpu?.actual, cpu?.met], ["6.00 us", false]);
  const call = judge({ kind: "call_us", below: 3 }, results);
  assert.deepEqual([call?.actual, call?.met], ["2.50 us", true]);
});

test("judge() has no verdict on what was not measured", () => {
  const budget = { kind: "ratio", against: "nest-tcp", concurrency: 32, atLeast: 1 } as const;
  assert.equal(judge(budget, [resultOf("reef", [1])]), undefined);
  assert.equal(judge(budget, [resultOf("nest-tcp", [1])]), undefined);
});

test("formatReport() aligns the results and puts each budget beside what is", () => {
  const results = [resultOf("reef", [300]), resultOf("nest-tcp", [100])];
  const budget = { kind: "ratio", against: "nest-tcp", concurrency: 32, atLeast: 2 } as const;
  assert.equal(
    formatReport(results, [budget]),
    [
      "peer      bytes   c  per s  p50 ms  p99 ms  CPU us  reef is",
      "reef         27  32    300   0.500   2.250    6.00",
      "nest-tcp     27  32    100   0.500   2.250    6.00   3.00 x",
      "",
      "budget                           is      promised",
      "reef against nest-tcp, c=32  3.00 x  at least 2 x  met by 50 %",
    ].join("\n"),
  );
});

function resultOf(
  peer: string,
  rps: readonly number[],
  contender: Partial<Contender> = {},
  concurrency = 32,
): Result {
  const module = new URL("bare-wire.ts", import.meta.url);
  const plain = { transport: "tcp", method: "hello", bytes: 27, variant: null, module } as const;
  const rounds = rps.map((each) => ({ rps: each, p50Ms: 0.5, p99Ms: 2.25, cpuUsPerCall: 6 }));
  return { contender: { ...plain, peer, ...contender }, concurrency, rounds };
}
