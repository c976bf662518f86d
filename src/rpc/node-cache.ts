/**
 * The registry as a client sees it: a copy of its nodes, kept by a watch, so that finding a node is a look-up here and
 * not a question there, and goes on while the registry is away.
 */
import { leaseDefaultMs, type Registry, type RegistryEvent } from "../blocks/registry/index.ts";
import { backoffMs } from "../core/backoff.ts";
import { type Clock, sleep, systemClock } from "../core/clock.ts";
import { NodeSet } from "./node-set.ts";

export interface NodeCache extends AsyncDisposable {
  /** What is known of a service; the same object for the same service. */
  find(namespace: string, service: string): NodeSet;
  /** Resolves when the registry has told everything once. Undefined when it has. */
  readonly loading: Promise<void> | undefined;
}

export interface NodeCacheOptions {
  readonly registry: Registry;
  readonly clock?: Clock;
}

export function openNodeCache({ registry, clock = systemClock }: NodeCacheOptions): NodeCache {
  const sets = new Map<string, NodeSet>();
  const stop = new AbortController();
  const loaded = Promise.withResolvers<void>();
  let loading: Promise<void> | undefined = loaded.promise;
  let lastEpoch = "";

  function find(namespace: string, service: string): NodeSet {
    const key = `${namespace}/${service}`;
    let set = sets.get(key);
    if (!set) sets.set(key, (set = new NodeSet(clock)));
    return set;
  }

  function apply(event: RegistryEvent, session: string): void {
    if (event.kind === "node") {
      find(event.node.namespace, event.node.service).put(event.node, session);
    } else if (event.kind === "gone") {
      find(event.node.namespace, event.node.service).remove(event.node.id);
    } else if (event.kind === "expected") {
      find(event.namespace, event.service).expect(event.expected, session);
    } else {
      loading = undefined;
      loaded.resolve();
      settlePresent(event.epoch, session);
    }
  }

  /**
   * The present is complete. From the same registry as before, what it did not name is gone. From a new one (it was
   * restarted) "not named" only means "not back yet": those stay until their leases would have ended, or refuse a call.
   */
  function settlePresent(epoch: string, session: string): void {
    const sweep = () => {
      for (const set of sets.values()) set.keepOnly(session);
    };
    if (lastEpoch === "" || lastEpoch === epoch) sweep();
    else clock.after(leaseDefaultMs, () => session === current && sweep(), { background: true });
    lastEpoch = epoch;
  }

  let current = "";
  async function follow(): Promise<void> {
    for (let failures = 0, round = 1; !stop.signal.aborted; round += 1) {
      // Of each watch, so that what it names can be told from what earlier ones did.
      current = String(round);
      try {
        for await (const event of registry.watch({ signal: stop.signal })) {
          apply(event, current);
          failures = 0;
        }
      } catch {
        // Unreachable or restarting: what is known still holds, and the next round asks again.
        failures += 1;
      }
      if (stop.signal.aborted) return;
      await sleep(backoffMs(Math.max(1, failures), { maxMs: 1_000 }), {
        clock,
        signal: stop.signal,
        background: true,
      }).catch(stopped);
    }
  }
  const following = follow();

  return {
    find,
    get loading() {
      return loading;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
    },
  };
}

/** The sleep was ended because the cache is: the loop sees it by itself. */
function stopped(): void {}
