/**
 * The registry as a client sees it: a copy of its nodes, so that finding a node is a look-up here and not a question
 * there, and goes on while the registry is away.
 */
import type { Registry, ServiceName } from "../blocks/registry/index.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { callContext } from "./context.ts";
import type { Bases } from "./namespace-cache.ts";
import { type FollowedNews, followRegistry } from "./follow-registry.ts";
import { NodeSet } from "./node-set.ts";

export interface NodeCache extends AsyncDisposable {
  /**
   * What is known of a service, in the namespace or, when it is not there, in the nearest of its bases that has it;
   * undefined when it is known that there is none. Before the registry has told everything once that is not known of
   * any.
   */
  find(namespace: string, service: string): NodeSet | undefined;
  /** Why nothing is known and nothing will be: the registry does not let this one look. */
  readonly refusal: ReefError | undefined;
}

export interface NodeCacheOptions {
  readonly registry: Registry;
  /** @default a service is looked for in its own namespace alone */
  readonly bases?: (Bases & { readonly present: Promise<void> }) | undefined;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Starts to follow the registry. Never fails: while it cannot be watched, what is known still holds. */
export function openNodeCache({
  registry,
  bases,
  clock = systemClock,
}: NodeCacheOptions): NodeCache {
  const known = new KnownServices(clock);
  const stop = new AbortController();
  const { signal } = stop;
  // Outside of any call: the first client is often made by a handler, and the watch must outlive what that may take.
  const following = callContext.exit(() =>
    followRegistry({
      registry,
      clock,
      signal,
      broke: (error) => known.refuse(ReefError.from(error)),
      hear(news) {
        // Before the bases are known nobody can say that there is no such service.
        if (bases && news.kind === "present") void bases.present.then(() => known.apply(news));
        else known.apply(news);
      },
    }),
  );
  return {
    find(namespace, service) {
      const own = known.find({ namespace, service });
      if (!bases || (own && !own.unknown)) return own;
      for (const base of bases.basesOf(namespace)) {
        const set = known.peek({ namespace: base, service });
        if (set && !set.unknown) return set;
      }
      return own;
    },
    get refusal() {
      return known.refusal;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
    },
  };
}

/** Who is refused for these waits in vain for the time being; whatever else breaks a watch passes. */
const refusals: ReadonlySet<string> = new Set(["unauthenticated", "permission_denied"]);

class KnownServices {
  readonly #clock: Clock;
  readonly #sets = new Map<string, NodeSet>();
  /** The registry has told everything once. */
  #settled = false;
  #refusal: ReefError | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get refusal(): ReefError | undefined {
    return this.#refusal;
  }

  find(name: ServiceName): NodeSet | undefined {
    const isOver = this.#settled || this.#refusal;
    return this.#sets.get(keyOf(name)) ?? (isOver ? undefined : this.#open(name));
  }

  /** As `find`, without beginning to wait for it. */
  peek(name: ServiceName): NodeSet | undefined {
    return this.#sets.get(keyOf(name));
  }

  /** Whoever waits to hear of a service hears this; what was known before is used as long as it holds. */
  refuse(error: ReefError): void {
    if (this.#settled || !refusals.has(error.code)) return;
    this.#refusal = error;
    this.#wake();
  }

  apply(news: FollowedNews): void {
    this.#refusal = undefined;
    if (news.kind === "present") return this.#settle();
    const name = news.kind === "expected" ? news : news.node;
    const set = this.#open(name);
    if (news.kind === "node") set.put(news.node);
    else if (news.kind === "gone") set.remove(news.node.id);
    else if (news.kind === "doubted") set.doubt(news.node.id);
    else set.expect(news.expected);
    if (set.unknown) this.#sets.delete(keyOf(name));
  }

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#wake();
  }

  #wake(): void {
    for (const [key, set] of this.#sets) {
      set.settle();
      // Names that were asked for, and are not there, must not add up.
      if (set.unknown) this.#sets.delete(key);
    }
  }

  #open(name: ServiceName): NodeSet {
    const key = keyOf(name);
    let set = this.#sets.get(key);
    if (!set) {
      set = new NodeSet(this.#clock, this.#settled, name.namespace);
      this.#sets.set(key, set);
    }
    return set;
  }
}

function keyOf({ namespace, service }: ServiceName): string {
  return `${namespace}/${service}`;
}
