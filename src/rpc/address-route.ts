/** The route to one address: no registry, no choice. It connects again after a loss, and retries what was never sent. */
import { ReefError } from "../core/errors.ts";
import type { ClientCall } from "./client-call.ts";
import type { Route } from "./client.ts";
import type { ConnectionPool } from "./connection-pool.ts";

export function createAddressRoute(address: string, pool: ConnectionPool): Route {
  async function connectFirst(call: ClientCall): Promise<void> {
    try {
      const transport = await pool.open(address);
      if (!call.over) transport.send(call);
    } catch (error) {
      call.fail(ReefError.from(error));
    }
  }
  return {
    send(call) {
      const transport = pool.usable(address);
      if (transport) transport.send(call);
      else void connectFirst(call);
    },
  };
}
