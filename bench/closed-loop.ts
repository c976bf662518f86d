/** The load: a fixed number of callers, each of which calls again as soon as it has its answer. */
import type { PeerClient } from "./work.ts";
import { Histogram, type Latencies } from "./statistics.ts";

export interface Load {
  readonly concurrency: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly calls: number;
  readonly elapsedMs: number;
  readonly latencies: Latencies;
  /** User and system time of this process meanwhile. */
  readonly cpuUs: number;
}

/** Every caller times one in so many of its calls: reading the clock for each would cost what is measured. */
const sampledEvery = 8;

/** Puts `client` under load and waits for the last answer. Rejects with the first call that fails. */
export async function runClosedLoop(client: PeerClient, load: Load): Promise<LoadResult> {
  const latencies = new Histogram();
  let calls = 0;
  const cpuBefore = process.cpuUsage();
  const startAt = performance.now();
  const endAt = startAt + load.seconds * 1_000;
  // Callers look at the clock when they sample; the timer ends those whose calls are too slow for that.
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), load.seconds * 1_000);
  try {
    await Promise.all(Array.from({ length: load.concurrency }, callAgain));
  } finally {
    stop.abort();
    clearTimeout(timer);
  }
  const elapsedMs = performance.now() - startAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    calls,
    elapsedMs,
    latencies: latencies.latencies(),
    cpuUs: user + system,
  };

  async function callAgain(): Promise<void> {
    for (let own = 0; !stop.signal.aborted; own++) {
      if (own % sampledEvery !== 0) {
        await client.call(calls++);
        continue;
      }
      const sentAt = performance.now();
      if (sentAt >= endAt) return;
      await client.call(calls++);
      latencies.add(performance.now() - sentAt);
    }
  }
}
