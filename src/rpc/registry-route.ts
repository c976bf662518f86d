/**
 * The route by name: a ready node from the cache, the next one when that fails, and patience while the service is known
 * to come back. On the way of every call, so it does nothing that waits unless it must.
 */
import type { Node } from "../blocks/registry/index.ts";
import { ReefError } from "../core/errors.ts";
import type { ClientCall, Retrier } from "./client-call.ts";
import type { Route } from "./client.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import type { NodeCache } from "./node-cache.ts";
import type { NodeSet } from "./node-set.ts";
import { type Balance, roundRobin } from "./policies/balance.ts";
import { createRetryPolicy, type RetryPolicy } from "./policies/retry.ts";

export interface RegistryRouteOptions {
  readonly cache: NodeCache;
  readonly pool: ConnectionPool;
  /** @default round robin */
  readonly balance?: Balance;
  readonly retry?: RetryPolicy;
}

/** Calls held for one service. At 500 a second, a restart that takes 20 seconds. */
export const heldCallsMax = 10_000;

export class RegistryRoute implements Route, Retrier {
  readonly #cache: NodeCache;
  readonly #pool: ConnectionPool;
  readonly #balance: Balance;
  readonly #retry: RetryPolicy;

  constructor(options: RegistryRouteOptions) {
    this.#cache = options.cache;
    this.#pool = options.pool;
    this.#balance = options.balance ?? roundRobin();
    this.#retry = options.retry ?? createRetryPolicy();
  }

  send(call: ClientCall): void {
    call.retrier = this;
    this.#retry.earn();
    this.#place(call);
  }

  again(call: ClientCall, error: ReefError): boolean {
    if (!this.#retry.allows(call, error)) return false;
    // In a fresh stack: the carrier that failed may be failing its other calls in a loop.
    queueMicrotask(() => {
      if (!call.over) this.#place(call);
    });
    return true;
  }

  #place(call: ClientCall): void {
    const { namespace, service } = call.method;
    const { loading } = this.#cache;
    if (loading) {
      this.#hold(call, (wake) => void loading.then(wake));
      return;
    }
    const set = this.#cache.find(namespace, service);
    if (set.ready.length > 0) {
      this.#carry(call, set, this.#balance(set.ready));
    } else if (set.unknown) {
      call.fail(unknownService(call));
    } else if (set.waiting >= heldCallsMax) {
      call.fail(tooManyHeld(call));
    } else {
      this.#hold(call, (wake) => set.wait(wake));
    }
  }

  #carry(call: ClientCall, set: NodeSet, node: Node): void {
    for (const address of node.addresses) {
      const transport = this.#pool.usable(address);
      if (transport) return transport.send(call);
    }
    void this.#connect(call, set, node);
  }

  /** Tries the addresses of a node in their order. */
  async #connect(call: ClientCall, set: NodeSet, node: Node): Promise<void> {
    let failure = new ReefError("unavailable", `Cannot reach node ${node.id}: it has no address`, {
      maybeExecuted: false,
    });
    for (const address of node.addresses) {
      try {
        const transport = await this.#pool.open(address);
        set.trust(node.id);
        // The node is out at once when its connection is, whatever the registry has heard by then.
        void transport.ended.then(() => set.suspect(node.id));
        if (!call.over) transport.send(call);
        return;
      } catch (error) {
        failure = ReefError.from(error);
      }
    }
    set.suspect(node.id);
    call.fail(failure);
  }

  /** Keeps the call until something changes; its deadline still runs. */
  #hold(call: ClientCall, wait: (wake: () => void) => (() => void) | void): void {
    const forget = wait(() => {
      if (!call.over) this.#place(call);
    });
    call.carrier = { cancel: () => forget?.() };
  }
}

function unknownService(call: ClientCall): ReefError {
  const { service, namespace } = call.method;
  return new ReefError(
    "not_found",
    `Cannot call ${service}: no service of this name is known in namespace "${namespace}"; "reef services" lists those that are`,
    { maybeExecuted: false },
  );
}

function tooManyHeld(call: ClientCall): ReefError {
  return new ReefError(
    "resource_exhausted",
    `Cannot call ${call.method.service}: ${heldCallsMax} calls already wait for it to come back`,
    { maybeExecuted: false },
  );
}
