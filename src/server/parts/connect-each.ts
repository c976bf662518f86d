/**
 * Clients of one block that is elsewhere, for each namespace one: the namespace of a call says whose data it may see.
 */
import type { Contract } from "../../contract/contract.ts";
import { ReefError } from "../../core/errors.ts";
import type { Client } from "../../rpc/client.ts";

/**
 * A process remembers the name of each method in each namespace, up to 4096 on one connection; the longest contract has
 * two dozen methods.
 */
const namespacesPerConnection = 128;

/** A name takes memory here and there for as long as the platform runs; nobody has so many tenants on one machine. */
const namespacesMax = 10_000;

/** A connection to a process with blocks; what it makes are clients that share it. */
export type Connect = <C extends Contract>(contract: C, namespace: string) => Client<C>;

/** Gives the client for a namespace, the same one each time; many of them share a connection. */
export function connectEach<C extends Contract>(
  far: { connect(): Connect },
  contract: C,
): (namespace: string) => Client<C> {
  const clients = new Map<string, Client<C>>();
  let connect = far.connect();
  return (namespace) => {
    const known = clients.get(namespace);
    if (known) return known;
    if (clients.size >= namespacesMax) throw tooManyNamespaces(contract.name);
    if (clients.size > 0 && clients.size % namespacesPerConnection === 0) connect = far.connect();
    const client = connect(contract, namespace);
    clients.set(namespace, client);
    return client;
  };
}

function tooManyNamespaces(block: string): ReefError {
  const rule = `this platform has seen ${namespacesMax} namespaces, the most that it remembers`;
  const text = `Cannot reach the ${block} for another namespace: ${rule}; start the platform again`;
  return new ReefError("resource_exhausted", text, { maybeExecuted: false });
}
