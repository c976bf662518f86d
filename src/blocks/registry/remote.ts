/**
 * The registry on the other side of a wire: one more driver. What was granted is a stream that stays open; a lost
 * connection ends it, and asking again is the holder's business. Nothing is checked here: the far side does.
 */
import assert from "node:assert/strict";
import type { Json } from "../../contract/builder.ts";
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Client } from "../../rpc/client.ts";
import { untilAborted, withReason } from "../../rpc/remote-calls.ts";
import { type HolderAnswerSeen, type RegistryContract, updateTooLate } from "./contract.ts";
import type { Grant, Lease, LeaseOptions, Node, NodeChange, RegisterOptions } from "./index.ts";
import type { Registry, RegistryEvent, RegistryScope, ServiceName, WaitOptions } from "./index.ts";
import { RemoteGrant } from "./remote/grant.ts";

export interface RemoteRegistryOptions {
  /** When to say "still here". @default systemClock */
  readonly clock?: Clock;
}

/** The client stays its owner's; with it goes everything that is held through it. */
export function remoteRegistry(
  client: Client<typeof RegistryContract>,
  { clock = systemClock }: RemoteRegistryOptions = {},
): Registry {
  return {
    async register(node: Node, options: RegisterOptions): Promise<Lease> {
      const { contract, leaseMs, signal } = options;
      signal?.throwIfAborted();
      // Copied before anything is waited for. A descriptor is plain JSON, which its own type does not say.
      const register = structuredClone({ node, contract: contract as object as Json, leaseMs });
      const grant = new RemoteGrant(client, `node "${node.id}" listed`, clock);
      const answer = await grant.open({ register }, signal);
      return new RemoteLease(grant, answer);
    },
    async expect({ namespace, service }: ServiceName, options: LeaseOptions = {}): Promise<Grant> {
      const { leaseMs, signal } = options;
      signal?.throwIfAborted();
      const grant = new RemoteGrant(client, `service "${service}" expected`, clock);
      await grant.open({ expect: { namespace, service, leaseMs } }, signal);
      return grant;
    },
    resolve: ({ namespace, service }: ServiceName, { signal }: WaitOptions = {}) =>
      withReason(signal, () => client.resolve({ namespace, service }, { signal })),
    list: ({ namespace, service, signal }: RegistryScope = {}) =>
      withReason(signal, () => Array.fromAsync(client.list({ namespace, service }, { signal }))),
    contract: (digest: string, { signal }: WaitOptions = {}) =>
      withReason(signal, async () => {
        const { contract } = await client.contract({ digest }, { signal });
        // Checked by the registry that this digest is its; what it says is for its reader to check.
        return contract as object as ContractDescriptor;
      }),
    watch: ({ namespace, service, signal }: RegistryScope = {}) =>
      untilAborted(signal, () => {
        // With each kind comes what belongs to it: the registry wrote it from the same type.
        return client.watch({ namespace, service }, { signal }) as AsyncIterator<RegistryEvent>;
      }),
  };
}

class RemoteLease implements Lease {
  readonly #grant: RemoteGrant;
  #node: Node;

  constructor(grant: RemoteGrant, answer: HolderAnswerSeen) {
    this.#grant = grant;
    this.#node = listedIn(answer);
  }

  get node(): Node {
    return this.#node;
  }

  get lost(): AbortSignal {
    return this.#grant.lost;
  }

  async update(change: NodeChange, { signal }: WaitOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.lost.aborted) throw updateTooLate(this.#node.id);
    const { state, addresses, metadata } = change;
    const update = structuredClone({ state, addresses, metadata });
    const changed = this.#grant.say({ update }).then((answer) => {
      this.#node = listedIn(answer);
    });
    await unlessAborted(changed, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#grant[Symbol.asyncDispose]();
  }
}

function listedIn({ node }: HolderAnswerSeen): Node {
  return node ?? assert.fail("the registry says what it lists");
}

/**
 * What was said on a stream cannot be unsaid, so this stops the waiting alone: the answer still tells what is listed.
 */
function unlessAborted(done: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const forget = () => signal?.removeEventListener("abort", abort);
    done.then(resolve, reject).finally(forget);
  });
}
