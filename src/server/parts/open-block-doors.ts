/**
 * The way of an entrance to the blocks: through the control socket, wherever the entrance runs and wherever they do.
 * The platform asks there again what was asked at the entrance.
 */
import { DeadlineSweep } from "../../core/deadline.ts";
import { createAddressRoute } from "../../rpc/address-route.ts";
import { createClient } from "../../rpc/client.ts";
import { ConnectionPool } from "../../rpc/connection-pool.ts";
import { identifiedRoute } from "../../rpc/identified-route.ts";
import type { BlockDoors } from "../../rpc/namespaced-client.ts";
import type { Passes } from "../../rpc/passes.ts";
import { openConnection } from "../../rpc/wire/connect.ts";
import { blockContracts } from "../block-contracts.ts";
import { type Connect, connectEach } from "./connect-each.ts";

export interface BlockDoorsOptions {
  /** Address of the control socket. */
  readonly control: string;
  /** Show there who calls. */
  readonly passes: Passes;
}

/** The connections live as long as the stack. */
export function openBlockDoors(
  { control, passes }: BlockDoorsOptions,
  stack: AsyncDisposableStack,
): BlockDoors {
  const deadlines = new DeadlineSweep();
  // Of its own: an entrance asks for connections when somebody comes, and the stack has moved by then.
  const owned = stack.use(new AsyncDisposableStack());
  function connect(): Connect {
    const pool = owned.use(
      new ConnectionPool((address, signal) => openConnection(address, { signal })),
    );
    const route = identifiedRoute(createAddressRoute(control, pool), passes);
    return (contract, namespace) => createClient(contract, { route, deadlines, namespace });
  }
  return {
    contracts: blockContracts,
    connect: (contract) => connectEach({ connect }, contract),
  };
}
