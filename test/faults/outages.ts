/** Clients write to a platform that goes down and comes back, again and again: what was acknowledged is there. */
import assert from "node:assert/strict";
import { sleep } from "../../src/core/clock.ts";
import { createRandom } from "../../src/testing/random.ts";
import { BreakablePlatform, openTables, type PlatformOptions } from "./breakable-platform.ts";
import type { Verdict } from "./ledger.ts";
import type { Figure, Findings, RigOptions } from "./rig.ts";
import { StoreLoad } from "./store-load.ts";

export interface OutageOptions extends RigOptions, PlatformOptions {
  /** Folder of the platform. */
  readonly state: string;
  /** "kill": for the line at the end. */
  readonly outage: string;
  /** What happens to the machine at the moment of the outage; the process is ended with -9 behind it. */
  readonly strike?: () => void;
  /** What has to happen before the platform is started again. */
  readonly whileDown?: () => Promise<void> | void;
  /** What is open beside each of its processes, by pid. */
  readonly beside?: (pid: number) => Promise<AsyncDisposable>;
}

/** Connections of the clients; each carries several of them. */
const connections = 4;

/** Writes that are acknowledged between two outages: so many at least, and up to so many more by chance. */
const [writesMin, writesMore] = [50, 2_000];

/** By chance, too: an outage just behind an answer would always meet the same moment. */
const delayMsMax = 20;

/** Of so many outages one is followed by another while the platform starts, within about the time that this takes. */
const [twiceOneIn, startMsMax] = [3, 400];

export async function runOutages(options: OutageOptions): Promise<Findings> {
  const { state, rounds, seed, signal, tell, outage, strike, whileDown, beside } = options;
  const random = createRandom(seed);
  await using stack = new AsyncDisposableStack();
  const platform = stack.use(new BreakablePlatform(state, options));
  await platform.start();
  let besides = await beside?.(platform.pid);
  stack.defer(async () => besides?.[Symbol.asyncDispose]());
  const tables = await openTables(state, { stack, count: connections + 1, table: "faults" });
  const [first = assert.fail("there are tables"), ...others] = tables;
  const load = stack.use(new StoreLoad(first, signal));
  await load.start(others, { seed, signal });
  const backMs: number[] = [];
  let starting = 0;

  async function goDown(): Promise<void> {
    strike?.();
    await platform.kill();
    await whileDown?.();
  }

  for (let round = 1; round <= rounds; round += 1) {
    const wanted = load.acknowledged + writesMin + Math.floor(random() * writesMore);
    await load.until(() => load.acknowledged >= wanted);
    await sleep(random() * delayMsMax, { signal });
    await goDown();
    await besides?.[Symbol.asyncDispose]();
    if (random() * twiceOneIn < 1) {
      platform.begin();
      await sleep(random() * startMsMax, { signal });
      await goDown();
      starting += 1;
    }
    const [before, startedAt] = [load.acknowledged, performance.now()];
    await platform.start();
    besides = await beside?.(platform.pid);
    await load.until(() => load.acknowledged > before);
    backMs.push(performance.now() - startedAt);
    tell(`${outage} ${round} of ${rounds}, ${load.acknowledged} acknowledged`);
  }
  await load.stop();
  const verdict = await load.check();
  const { puts, batches, unknown } = load.counts;
  return {
    figures: [
      [rounds + starting, `${outage}s`],
      [starting, "of them while it started"],
      [puts, "acknowledged puts"],
      [batches, "acknowledged batches"],
      [unknown, "unanswered"],
      ...verdictFigures(verdict),
      [load.resumed, "times the watch went on"],
      [Math.max(...backMs) / 1_000, "back in # s at most"],
    ],
    broken: verdictProblems(verdict),
  };
}

export function verdictFigures({ lost, half, twice, forbidden, unseen }: Verdict): Figure[] {
  return [
    [lost.length, "lost"],
    [half.length, "half"],
    [twice.length, "twice"],
    [forbidden.length, "against a condition"],
    [unseen.length, "unseen by the watch"],
  ];
}

/** Marks that are shown of each kind: the first says as much as all of them. */
const shownMax = 5;

export function verdictProblems(verdict: Verdict): string[] {
  return Object.entries(verdict).flatMap(([kind, marks]: [string, readonly string[]]) => {
    if (marks.length === 0) return [];
    const more = marks.length > shownMax ? ", ..." : "";
    return [`${marks.length} ${kind}: ${marks.slice(0, shownMax).join(", ")}${more}`];
  });
}
