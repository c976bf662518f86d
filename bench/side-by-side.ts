/**
 * Peers measured in turn, a tenth of a second each, so that a machine that gets slower meanwhile slows all of them:
 * only numbers of one run are compared, and ratios are taken within a round, for which all start anew. With a second at
 * a stretch for each, the same program beside itself had ratios from 0.7 to 1.1 on a machine that is shared with
 * others.
 */
import { type ClientChild, openClient, openServer, type ServerChild } from "./child.ts";
import type { Load } from "./closed-loop.ts";
import { Histogram } from "./statistics.ts";
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

/** Shorter than what makes a shared machine slow for a while, and long beside the start and the end of a load. */
const sliceS = 0.1;

/** Measures every contender under every load, sorted by load, then as they were given. */
export async function runSideBySide(
  contenders: readonly Contender[],
  options: SideBySideOptions,
): Promise<readonly Result[]> {
  const results = options.concurrency.flatMap((concurrency) =>
    contenders.map((contender) => ({ contender, concurrency, rounds: [] as Measurement[] })),
  );
  for (let round = 1; round <= options.rounds; round++) {
    const roundName = `round ${round}/${options.rounds}`;
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await measureRound(results, contenders, { ...options, roundName });
  }
  return results;
}

/** Both sides of a contender. */
interface Running {
  readonly contender: Contender;
  readonly server: ServerChild | undefined;
  readonly client: ClientChild;
}

async function measureRound(
  results: readonly (Result & { readonly rounds: Measurement[] })[],
  contenders: readonly Contender[],
  options: SideBySideOptions & { readonly roundName: string },
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const running: Running[] = [];
  for (const contender of contenders) running.push(await startOne(contender, stack));
  await warmUp(running.map(({ client }) => client));
  for (const concurrency of options.concurrency) {
    const measured = await measureLoad(running, { ...options, concurrency });
    for (const [{ contender }, measurement] of measured) {
      const isIts = (one: Result) => one.contender === contender && one.concurrency === concurrency;
      results.find(isIts)?.rounds.push(measurement);
      const rps = Math.round(measurement.rps);
      options.progress(`${options.roundName}  ${nameOf(contender)}  c=${concurrency}  ${rps}/s`);
    }
  }
}

async function startOne(contender: Contender, stack: AsyncDisposableStack): Promise<Running> {
  const { module, transport } = contender;
  const server =
    transport === "direct" ? undefined : stack.use(await openServer(module, contender));
  const client = stack.use(await openClient(module, server?.address ?? "", contender));
  return { contender, server, client };
}

/** Every other time in the other order: who comes first finds a machine that the last one has left. */
async function measureLoad(
  running: readonly Running[],
  { concurrency, seconds }: { readonly concurrency: number; readonly seconds: number },
): Promise<Map<Running, Measurement>> {
  for (const { client } of running) {
    await client.run({ concurrency, seconds: seconds * newLoadShare });
  }
  const slices = Math.max(1, Math.round(seconds / sliceS));
  const sums = new Map(running.map((one) => [one, new Sum()]));
  for (let slice = 0; slice < slices; slice++) {
    for (const [one, sum] of slice % 2 === 0 ? sums : [...sums].toReversed()) {
      await sum.add(one, { concurrency, seconds: seconds / slices });
    }
  }
  return new Map(sums.entries().map(([one, sum]) => [one, sum.measurement(one.contender)]));
}

class Sum {
  readonly #latencies = new Histogram();
  #calls = 0;
  #elapsedMs = 0;
  #cpuUs = 0;

  async add({ client, server }: Running, load: Load): Promise<void> {
    const cpuBeforeUs = (await server?.cpuUs()) ?? 0;
    const { calls, elapsedMs, cpuUs, latencies } = await client.run(load);
    this.#cpuUs += cpuUs + ((await server?.cpuUs()) ?? 0) - cpuBeforeUs;
    this.#calls += calls;
    this.#elapsedMs += elapsedMs;
    this.#latencies.addAll(latencies);
  }

  measurement({ messagesPerCall = 1 }: Contender): Measurement {
    const messages = this.#calls * messagesPerCall;
    return {
      rps: (messages / this.#elapsedMs) * 1_000,
      p50Ms: this.#latencies.percentile(50),
      p99Ms: this.#latencies.percentile(99),
      cpuUsPerCall: this.#cpuUs / messages,
    };
  }
}

/** `reef`, or `reef/metadata` for a variant of it. */
export function nameOf({ peer, variant }: { peer: string; variant: string | null }): string {
  return variant === null ? peer : `${peer}/${variant}`;
}
