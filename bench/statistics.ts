/** Numbers out of many measurements, cheap enough to be collected while the measured thing runs. */

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Each bucket is 1 % wider than the one before it: finer than any two runs agree. */
const growth = 1.01;

/** Shorter times all count as this one, a tenth of a microsecond. */
const leastMs = 0.0001;

/** Up to about 100 s; longer times count as that. */
const bucketsCount = 2_100;

/**
 * What a histogram holds, as one process tells it to another: buckets that are not empty, and how often each was hit.
 */
export type Latencies = readonly (readonly [bucket: number, count: number])[];

/** How often which duration was seen, to a percent; adding one is a logarithm and an increment. */
export class Histogram {
  readonly #buckets = new Uint32Array(bucketsCount);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(durationMs: number): void {
    const ratio = Math.max(durationMs, leastMs) / leastMs;
    const index = Math.round(Math.log(ratio) / Math.log(growth));
    const bucket = Math.min(index, bucketsCount - 1);
    this.#buckets[bucket] = this.#buckets[bucket]! + 1;
    this.#count++;
  }

  /** What it holds. */
  latencies(): Latencies {
    const all = Array.from(this.#buckets, (count, bucket) => [bucket, count] as const);
    return all.filter(([, count]) => count > 0);
  }

  /** Adds what another one holds. */
  addAll(latencies: Latencies): void {
    for (const [bucket, count] of latencies) {
      this.#buckets[bucket] = this.#buckets[bucket]! + count;
      this.#count += count;
    }
  }

  /** The duration in milliseconds that `percent` of all durations do not exceed; NaN when there are none. */
  percentile(percent: number): number {
    const wanted = Math.ceil((percent / 100) * this.#count);
    let seen = 0;
    for (let bucket = 0; bucket < bucketsCount; bucket++) {
      seen += this.#buckets[bucket]!;
      if (seen >= wanted && seen > 0) return leastMs * growth ** bucket;
    }
    return NaN;
  }
}
