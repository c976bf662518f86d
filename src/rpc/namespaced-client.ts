/** A client whose calls say themselves in which namespace they act: for entrances, whose callers come from many. */
import type { Contract } from "../contract/contract.ts";
import type { CallOptions, EntranceOptions } from "./client-call.ts";
import type { Client } from "./client.ts";

export interface NamespacedOptions extends EntranceOptions {
  /** Where the call acts. */
  readonly namespace: string;
}

/** The blocks of a platform, for an entrance. */
export interface BlockDoors {
  readonly contracts: readonly Contract[];
  /** Clients of one block, for each namespace one. The contract is one of those, or one made of it. */
  connect(contract: Contract): (namespace: string) => Client;
}

/** Every method of the contract; each hands its call to the client of the namespace that its options name. */
export function namespacedClient(
  contract: Contract,
  clientIn: (namespace: string) => Client,
): Client {
  const methods = Object.keys(contract.methods).map((name) => {
    function call(input: unknown, options: NamespacedOptions): unknown {
      // Clients have a function for each method of their contract.
      const method = clientIn(options.namespace)[name] as unknown as RawFunction;
      return method(input, options);
    }
    return [name, call] as const;
  });
  // A function was made for each method; what it owns belongs to whoever made the clients.
  return Object.assign(Object.fromEntries(methods), {
    async [Symbol.asyncDispose]() {},
  }) as unknown as Client;
}

type RawFunction = (input: unknown, options: CallOptions) => unknown;
