/**
 * Running peers until none gets faster. A service runs for days and a measurement for seconds: what the compiler does
 * in the first of them would be most of what is compared, and the larger program would lose.
 */
import type { Load, LoadResult } from "./closed-loop.ts";

/** Enough callers to make every path of a peer hot. */
const warmUpConcurrency = 32;

/** Of one look at how fast it is. */
const sliceS = 0.5;

/** A peer that is hot before has still to be seen to be. */
const slicesMin = 6;

/** A peer that is still getting faster then is measured as it is. */
const slicesMax = 16;

/** What the two newest looks may bring, while it counts as settled. */
const gainMax = 0.03;

/** What is run to warm up. */
export interface WarmUpClient {
  run(load: Load): Promise<Pick<LoadResult, "calls" | "elapsedMs">>;
}

/**
 * Resolves when all have settled, or each has run for 8 s; the same rule for every peer. They take turns: one that was
 * idle while others warmed up had lost a tenth of its speed by then.
 */
export async function warmUp(clients: readonly WarmUpClient[]): Promise<void> {
  const rates = clients.map(() => [] as number[]);
  for (let slice = 0; slice < slicesMax && !rates.every(isSettled); slice++) {
    for (const [at, client] of clients.entries()) {
      const load = await client.run({ concurrency: warmUpConcurrency, seconds: sliceS });
      rates[at]?.push(load.calls / load.elapsedMs);
    }
  }
}

function isSettled(rates: readonly number[]): boolean {
  if (rates.length < slicesMin) return false;
  const before = Math.max(...rates.slice(0, -2));
  return Math.max(...rates.slice(-2)) <= before * (1 + gainMax);
}
