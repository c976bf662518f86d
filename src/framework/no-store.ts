/** The store of a program that is on no platform: it can be handed around, and says what to do when it is used. */
import { StoreContract } from "../blocks/store/contract.ts";
import type { Database } from "../blocks/store/index.ts";
import { remoteDatabase } from "../blocks/store/remote.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import type { ClientCall } from "../rpc/client-call.ts";
import { createClient } from "../rpc/client.ts";

/** @param todo what its user should do instead, as the end of a message */
export function createNoStore(todo: string): Database {
  function send(call: ClientCall): void {
    const text = `Cannot ${call.method.name} in the store: this program is on no platform; ${todo}`;
    call.fail(new ReefError("unavailable", text, { maybeExecuted: false }));
  }
  const options = { route: { send }, deadlines: new DeadlineSweep(), namespace: "default" };
  return remoteDatabase(createClient(StoreContract, options));
}
