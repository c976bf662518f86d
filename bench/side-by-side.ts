/**
 * Peers measured in turn, round after round, so that a machine that gets slower meanwhile slows all of them: only
 * numbers of one run are compared, and ratios are taken within a round.
 */
import { openClient, openServer } from "./child.ts";
import type { LoadResult } from "./closed-loop.ts";
import { warmUp } from "./warm-up.ts";
import type { Job } from "./work.ts";

/** One way to do the work. */
export interface Contender extends Job {
  readonly peer: string;
  /** Of the file that exports the peer. */
  readonly module: URL;
  /** How its two sides talk: `tcp`, or `direct` when they are one process. */
  readonly transport: string;
  /** The program that it starts, if it is none of npm's. */
  readonly needs?: string;
  /** What counts when one call brings many messages. @default 1 */
  readonly messagesPerCall?: number;
}

export interface SideBySideOptions {
  readonly concurrency: readonly number[];
  /** Of one measurement; warming up comes before it. */
  readonly seconds: number;
  readonly rounds: number;
  /** Told about each measurement. */
  readonly progress: (text: string) => void;
}

/** One contender under one load, in one round. */
export interface Measurement {
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of both ends. */
  readonly cpuUsPerCall: number;
}

export interface Result {
  readonly contender: Contender;
  readonly concurrency: number;
  /** In the order of the rounds, so that those of two results can be paired. */
  readonly rounds: readonly Measurement[];
}

/** The part of a measurement's time before it, when a warm process gets another load. */
const newLoadShare = 0.25;

/** Measures every contender under every load, sorted by load, then as they were given. */
export async function runSideBySide(
  contenders: readonly Contender[],
  options: SideBySideOptions,
): Promise<readonly Result[]> {
  const results = options.concurrency.flatMap((concurrency) =>
    contenders.map((contender) => ({ contender, concurrency, rounds: [] as Measurement[] })),
  );
  for (let round = 1; round <= options.rounds; round++) {
    for (const contender of contenders) {
      const own = results.filter((result) => result.contender === contender);
      await measureRound(own, contender, options, `round ${round}/${options.rounds}`);
    }
  }
  return results;
}

async function measureRound(
  results: readonly { readonly concurrency: number; readonly rounds: Measurement[] }[],
  contender: Contender,
  { seconds, progress }: SideBySideOptions,
  roundName: string,
): Promise<void> {
  const { module, transport, messagesPerCall = 1 } = contender;
  await using server = transport === "direct" ? undefined : await openServer(module, contender);
  await using client = await openClient(module, server?.address ?? "", contender);
  await warmUp(client);
  for (const { concurrency, rounds } of results) {
    await client.run({ concurrency, seconds: seconds * newLoadShare });
    const cpuBeforeUs = (await server?.cpuUs()) ?? 0;
    const load = await client.run({ concurrency, seconds });
    const serverCpuUs = ((await server?.cpuUs()) ?? 0) - cpuBeforeUs;
    const measurement = measurementOf(load, serverCpuUs, messagesPerCall);
    rounds.push(measurement);
    const rps = Math.round(measurement.rps);
    progress(`${roundName}  ${nameOf(contender)}  c=${concurrency}  ${rps}/s`);
  }
}

function measurementOf(load: LoadResult, serverCpuUs: number, messagesPerCall: number) {
  const messages = load.calls * messagesPerCall;
  return {
    rps: (messages / load.elapsedMs) * 1_000,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    cpuUsPerCall: (load.cpuUs + serverCpuUs) / messages,
  };
}

/** `reef`, or `reef/metadata` for a variant of it. */
export function nameOf({ peer, variant }: { peer: string; variant: string | null }): string {
  return variant === null ? peer : `${peer}/${variant}`;
}
