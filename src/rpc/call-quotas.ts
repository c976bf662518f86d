/**
 * The calls a second that namespaces may make through one process: an entrance, or a node. Each counts for itself, so
 * that nothing is asked for a call; where nothing is limited, or the call before was of the same namespace, it costs
 * next to nothing.
 */
import { type Clock, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { TokenBucket } from "../core/token-bucket.ts";
import type { NamespaceCache } from "./namespace-cache.ts";
import { quotaReached } from "./quota-reached.ts";

export class CallQuotas {
  readonly #cache: Pick<NamespaceCache, "get" | "changes">;
  readonly #clock: Clock;
  /** Of namespaces that have a quota, of which there are few. */
  readonly #buckets = new Map<string, TokenBucket>();
  /** Of the last call, as it was known then: a node has one, and an entrance few. */
  #namespace: string | undefined;
  #changes = -1;
  #perSecond: number | undefined;
  #bucket: TokenBucket | undefined;

  constructor(cache: Pick<NamespaceCache, "get" | "changes">, clock: Clock = systemClock) {
    this.#cache = cache;
    this.#clock = clock;
  }

  /** Counts a call; undefined, or why it may not be made now: `resource_exhausted`, never executed. */
  take(namespace: string): ReefError | undefined {
    if (namespace !== this.#namespace || this.#cache.changes !== this.#changes) {
      this.#turnTo(namespace);
    }
    const perSecond = this.#perSecond;
    if (perSecond === undefined || this.#bucket === undefined) return undefined;
    const waitMs = this.#bucket.take(perSecond);
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

  #turnTo(namespace: string): void {
    const { changes } = this.#cache;
    const perSecond = this.#cache.get(namespace)?.quotas.callsPerSecond;
    this.#namespace = namespace;
    this.#changes = changes;
    this.#perSecond = perSecond;
    this.#bucket = perSecond === undefined ? undefined : this.#bucketOf(namespace, perSecond);
  }

  #bucketOf(namespace: string, perSecond: number): TokenBucket {
    const bucket = this.#buckets.get(namespace) ?? new TokenBucket(this.#clock, perSecond);
    this.#buckets.set(namespace, bucket);
    return bucket;
  }
}
