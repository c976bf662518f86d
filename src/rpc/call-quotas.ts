/**
 * The calls a second that namespaces may make through one process: an entrance, or a node. Each counts for itself, so
 * that nothing is asked for a call; where nothing is limited it costs a look into a map.
 */
import { type Clock, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { TokenBucket } from "../core/token-bucket.ts";
import type { NamespaceCache } from "./namespace-cache.ts";
import { quotaReached } from "./quota-reached.ts";

export class CallQuotas {
  readonly #cache: Pick<NamespaceCache, "get">;
  readonly #clock: Clock;
  /** Of namespaces that have a quota, of which there are few. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(cache: Pick<NamespaceCache, "get">, clock: Clock = systemClock) {
    this.#cache = cache;
    this.#clock = clock;
  }

  /** Counts a call; undefined, or why it may not be made now: `resource_exhausted`, never executed. */
  take(namespace: string): ReefError | undefined {
    const perSecond = this.#cache.get(namespace)?.quotas.callsPerSecond;
    if (perSecond === undefined) return undefined;
    const bucket = this.#buckets.get(namespace) ?? this.#open(namespace, perSecond);
    const waitMs = bucket.take(perSecond);
    if (waitMs === 0) return undefined;
    return quotaReached("make another call", {
      namespace,
      quota: "callsPerSecond",
      limit: perSecond,
      ...(waitMs < Infinity && { retryAfterMs: Math.ceil(waitMs) }),
    });
  }

  /** @throws {ReefError} as `take` says it */
  check(namespace: string): void {
    const refused = this.take(namespace);
    if (refused) throw refused;
  }

  #open(namespace: string, perSecond: number): TokenBucket {
    const bucket = new TokenBucket(this.#clock, perSecond);
    this.#buckets.set(namespace, bucket);
    return bucket;
  }
}
