/**
 * The route to one address: no registry, no choice. It connects again after a loss, and what may be tried again is
 * tried again there: whoever listens at that address then may be a successor.
 */
import { ReefError } from "../core/errors.ts";
import type { ClientCall, Retrier } from "./client-call.ts";
import type { Route } from "./client.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import { createRetryPolicy } from "./policies/retry.ts";

export interface AddressRouteOptions {
  /** What a call fails with when nobody listens there, for who knows what to do then. @default what was the matter */
  readonly unreachable?: (cause: ReefError) => ReefError;
}

/** Calls fail with `unavailable` when nobody listens there: never executed, unless an earlier attempt may have been. */
export function createAddressRoute(
  address: string,
  pool: ConnectionPool,
  { unreachable = asItIs }: AddressRouteOptions = {},
): Route {
  const retry = createRetryPolicy();
  const retrier: Retrier = {
    again(call, error) {
      // Refused twice in a row: this is no successor, it only takes connections.
      if (!error.maybeExecuted && call.lastFailure?.maybeExecuted === false) return false;
      if (!retry.allows(call, error)) return false;
      // In a fresh stack: the connection that failed may be failing its other calls in a loop.
      queueMicrotask(() => place(call));
      return true;
    },
  };

  function place(call: ClientCall): void {
    if (call.over) return;
    const transport = pool.usable(address);
    if (transport) transport.send(call);
    else if (call.take()) void connect(call);
  }
  async function connect(call: ClientCall): Promise<void> {
    try {
      const transport = await pool.open(address);
      if (!call.over) transport.send(call);
    } catch (error) {
      const cause = ReefError.from(error);
      // There is no other node to try.
      call.giveUp(cause.code === "unavailable" ? unreachable(cause) : cause);
    }
  }
  return {
    send(call) {
      call.retrier = retrier;
      retry.earn();
      place(call);
    },
  };
}

function asItIs(cause: ReefError): ReefError {
  return cause;
}
