/**
 * The registry as a client sees it: a copy of its nodes, kept by a watch, so that finding a node is a look-up here and
 * not a question there, and goes on while the registry is away.
 */
import {
  leaseDefaultMs,
  type Registry,
  type RegistryEvent,
  type ServiceName,
} from "../blocks/registry/index.ts";
import { backoffMs } from "../core/backoff.ts";
import { type Clock, sleep, systemClock } from "../core/clock.ts";
import { callContext } from "./context.ts";
import { NodeSet, type Source } from "./node-set.ts";

export interface NodeCache extends AsyncDisposable {
  /**
   * What is known of a service; undefined when it is known that there is none. Before the registry has told everything
   * once that is not known of any.
   */
  find(namespace: string, service: string): NodeSet | undefined;
}

export interface NodeCacheOptions {
  readonly registry: Registry;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Between attempts to watch again: what a restarted registry says should be known within a second. */
const returnMaxMs = 500;

/** Starts to watch. Never fails: while the registry cannot be watched, what is known still holds. */
export function openNodeCache({ registry, clock = systemClock }: NodeCacheOptions): NodeCache {
  const known = new KnownServices(clock);
  const stop = new AbortController();
  // Outside of any call: the first client is often made by a handler, and the watch must outlive what that may take.
  const following = callContext.exit(() => follow(registry, known, { clock, signal: stop.signal }));
  return {
    find: (namespace, service) => known.find(namespace, service),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
    },
  };
}

/** Watches, and watches again whenever that ends, until the signal fires. */
async function follow(
  registry: Registry,
  known: KnownServices,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    let source: Source | undefined;
    try {
      for await (const event of registry.watch({ signal })) {
        source ??= { epoch: event.epoch };
        known.apply(event, source);
        failures = 0;
      }
    } catch {
      // Unreachable or restarting: the next round asks again.
    }
    failures += 1;
    const delayMs = backoffMs(failures, { maxMs: returnMaxMs });
    await sleep(delayMs, { clock, signal, background: true }).catch(stopped);
  }
}

/** The sleep was ended because the cache is: the loop sees it by itself. */
function stopped(): void {}

class KnownServices {
  readonly #clock: Clock;
  readonly #sets = new Map<string, NodeSet>();
  /** Of the last watch that has told everything. */
  #settledBy: Source | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(namespace: string, service: string): NodeSet | undefined {
    const set = this.#sets.get(keyOf({ namespace, service }));
    return set ?? (this.#settledBy ? undefined : this.#open({ namespace, service }));
  }

  apply(event: RegistryEvent, source: Source): void {
    if (event.kind === "present") return this.#settle(source);
    const name = event.kind === "expected" ? event : event.node;
    const set = this.#open(name);
    if (event.kind === "node") set.put(event.node, source);
    else if (event.kind === "gone") set.remove(event.node.id);
    else set.expect(event.expected, source);
    if (set.unknown) this.#sets.delete(keyOf(name));
  }

  /**
   * The present is complete. From the same registry as before, what it did not name is gone. From a new one (it was
   * restarted) "not named" only means "not back yet": those stay until their leases would have ended, or refuse a call.
   */
  #settle(source: Source): void {
    const before = this.#settledBy;
    this.#settledBy = source;
    if (!before) for (const set of this.#sets.values()) set.settle();
    this.#forget((said) => said.epoch === source.epoch && said !== source);
    if (before && before.epoch !== source.epoch) {
      for (const set of this.#sets.values()) set.doubt(({ epoch }) => epoch !== source.epoch);
      const forgetOld = () => this.#forget(({ epoch }) => epoch === before.epoch);
      this.#clock.after(leaseDefaultMs, forgetOld, { background: true });
    }
  }

  #forget(isOver: (source: Source) => boolean): void {
    for (const [key, set] of this.#sets) {
      set.forget(isOver);
      // Names that were asked for, and are not there, must not add up.
      if (set.unknown) this.#sets.delete(key);
    }
  }

  #open(name: ServiceName): NodeSet {
    const key = keyOf(name);
    let set = this.#sets.get(key);
    if (!set) this.#sets.set(key, (set = new NodeSet(this.#clock, this.#settledBy !== undefined)));
    return set;
  }
}

function keyOf({ namespace, service }: ServiceName): string {
  return `${namespace}/${service}`;
}
