/**
 * The route by name: a ready node from the cache, the next one when that fails, and patience while the service is known
 * to come back. On the way of every call, so it does nothing that waits unless it must.
 */
import type { Node } from "../blocks/registry/index.ts";
import { ReefError } from "../core/errors.ts";
import type { ClientCall, ClientMethod, Retrier } from "./client-call.ts";
import type { Route } from "./client.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import { whenProven } from "./identified-route.ts";
import type { NodeCache } from "./node-cache.ts";
import type { NodeSet } from "./node-set.ts";
import type { Passes } from "./passes.ts";
import { type Balance, roundRobin } from "./policies/balance.ts";
import { createRetryPolicy, type RetryPolicy } from "./policies/retry.ts";

export interface RegistryRouteOptions {
  readonly cache: NodeCache;
  readonly pool: ConnectionPool;
  /** Say who makes a call. @default nobody known makes them */
  readonly passes?: Passes | undefined;
  /** @default round robin */
  readonly balance?: Balance;
  /** @default as `createRetryPolicy()` */
  readonly retry?: RetryPolicy;
}

/** Calls held for one service. At 500 a second, a restart that takes 20 seconds. */
export const heldCallsMax = 10_000;

/**
 * Calls fail with `not_found` when nobody knows the service, with `failed_precondition` when it is there in other
 * versions only, with `resource_exhausted` when `heldCallsMax` calls wait
 * for it already, and with `deadline_exceeded` when it was not back in time: all of these at once or never executed.
 * `unavailable` means that the connection to a node was lost, and the call may not be made a second time.
 */
export class RegistryRoute implements Route, Retrier {
  readonly #cache: NodeCache;
  readonly #pool: ConnectionPool;
  readonly #passes: Passes | undefined;
  readonly #balance: Balance;
  readonly #retry: RetryPolicy;
  /** Each method once for each base: connections know methods by these. */
  readonly #inBase = new WeakMap<ClientMethod, Map<string, ClientMethod>>();

  constructor(options: RegistryRouteOptions) {
    this.#cache = options.cache;
    this.#pool = options.pool;
    this.#passes = options.passes;
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
    queueMicrotask(() => this.#place(call));
    return true;
  }

  #place(call: ClientCall): void {
    if (call.over) return;
    const set = this.#cache.find(call.method.namespace, call.method.service);
    if (set && set.namespace !== call.method.namespace) this.#goTo(call, set.namespace);
    const node = set?.pick(this.#balance, call.method.range);
    if (set && node) this.#carry(call, set, node);
    else if (!set || set.unknown) {
      call.giveUp(call.lastFailure ?? this.#cache.refusal ?? unknownService(call));
    } else if (set.others(call.method.range))
      call.giveUp(call.lastFailure ?? otherVersion(call, set));
    else if (set.waiting >= heldCallsMax) call.giveUp(tooManyHeld(call));
    else if (call.take()) this.#hold(call, set);
  }

  /** The call is one of a base from here on, as its service knows it. */
  #goTo(call: ClientCall, namespace: string): void {
    const { method } = call;
    const byBase = this.#inBase.get(method) ?? new Map<string, ClientMethod>();
    this.#inBase.set(method, byBase);
    const there = byBase.get(namespace) ?? { ...method, namespace };
    byBase.set(namespace, there);
    call.method = there;
  }

  #carry(call: ClientCall, set: NodeSet, node: Node): void {
    const proving = this.#passes?.prepare(call);
    if (proving) return whenProven(call, proving, () => this.#place(call));
    const transport = set.transport(node.id);
    if (transport) transport.send(call);
    else if (call.take()) void this.#connect(call, set, node);
  }

  /** Tries the addresses of a node in their order. */
  async #connect(call: ClientCall, set: NodeSet, node: Node): Promise<void> {
    let failure: unknown;
    call.carrier = undefined;
    for (const address of node.addresses) {
      try {
        const transport = await this.#pool.open(address);
        set.connected(node.id, transport);
        if (!call.over) transport.send(call);
        return;
      } catch (error) {
        failure = error;
      }
    }
    set.refused(node.id);
    call.fail(unreachable(node, failure));
  }

  /** Keeps the call until a node takes calls, or none is to be expected; its deadline still runs. */
  #hold(call: ClientCall, set: NodeSet): void {
    const { service, range } = call.method;
    const forget = set.wait(() => this.#place(call), range);
    call.carrier = { cancel: forget, awaits: `no node of ${service} ${range.text} was ready` };
  }
}

/** Another node may still be reached, unless it is the client that has ended. */
function unreachable(node: Node, cause: unknown): ReefError {
  const { code, message } = ReefError.from(cause ?? new Error("it has no address"));
  if (code === "cancelled") return ReefError.from(cause);
  return new ReefError("unavailable", `Cannot reach node ${node.id}: ${message}`, {
    cause,
    maybeExecuted: false,
  });
}

function unknownService(call: ClientCall): ReefError {
  const { service, namespace } = call.method;
  return new ReefError(
    "not_found",
    `Cannot call ${service}: no service of this name is known in namespace "${namespace}", nor in a base of it; "reef services" lists those that are`,
    { maybeExecuted: false },
  );
}

/** Not `unavailable`: the same call fails until somebody runs the version, or asks for another. */
function otherVersion(call: ClientCall, set: NodeSet): ReefError {
  const { service, range } = call.method;
  const there = set.others(range)?.join(", ");
  return new ReefError(
    "failed_precondition",
    `Cannot call ${service}: version ${range.text} is asked for, and only ${there} is there; run one beside it, or call by a contract of that version`,
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
