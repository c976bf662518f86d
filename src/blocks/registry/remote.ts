/**
 * The registry on the other side of a wire: one more driver. What was granted is a stream that stays open; a lost
 * connection ends it, and asking again is the holder's business. Nothing is checked here: the far side does.
 */
import assert from "node:assert/strict";
import type { Json } from "../../contract/builder.ts";
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { BoundedQueue } from "../../core/bounded-queue.ts";
import { type Clock, systemClock, type Timer } from "../../core/clock.ts";
import { errorFromData, ReefError } from "../../core/errors.ts";
import type { Client } from "../../rpc/client.ts";
import { callContext } from "../../rpc/context.ts";
import { untilAborted, withReason } from "../../rpc/remote-calls.ts";
import { grantEnded, updateTooLate } from "./contract.ts";
import type { HolderAnswerSeen, HolderMessageSent, RegistryContract } from "./contract.ts";
import type { Grant, Lease, LeaseOptions, Node, NodeChange, RegisterOptions } from "./index.ts";
import type { Registry, RegistryEvent, RegistryScope, ServiceName, WaitOptions } from "./index.ts";

export interface RemoteRegistryOptions {
  /** When to say "still here". @default systemClock */
  readonly clock?: Clock;
}

type RegistryClient = Client<typeof RegistryContract>;
type Say = HolderMessageSent["say"];

/** Something held far away says so three times in its time: one may be late, and one may be lost. */
const beatsPerLease = 3;

/** What one holder said and the registry has not answered yet; more means that the way is blocked. */
const unansweredMax = 64;

/** A registry that does not take a node back by then finds out by itself. */
const releaseTimeoutMs = 2_000;

/** The client stays its owner's; with it goes everything that is held through it. */
export function remoteRegistry(
  client: RegistryClient,
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

interface Unanswered {
  readonly saidAtMs: number;
  readonly resolve: (answer: HolderAnswerSeen) => void;
  readonly reject: (reason: ReefError) => void;
}

/** One open stream: what was granted for its first message is held until it ends. */
class RemoteGrant implements Grant {
  /** As in `grantEnded`. */
  readonly #held: string;
  readonly #clock: Clock;
  /** Each is also among the unanswered, which have the same limit: it is never too full to push. */
  readonly #said = new BoundedQueue<HolderMessageSent>({ limit: unansweredMax, overflow: "fail" });
  readonly #answers: AsyncIterator<HolderAnswerSeen>;
  readonly #lost = new AbortController();
  readonly #unanswered: Unanswered[] = [];
  #beat: Timer | undefined;
  #listening: Promise<void> | undefined;
  #disposed: Promise<void> | undefined;

  constructor(client: RegistryClient, held: string, clock: Clock) {
    this.#held = held;
    this.#clock = clock;
    // What is granted outlives the call in which it was asked for, and must not be cancelled with it.
    this.#answers = callContext.exit(() => client.hold(this.#said));
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** @throws {ReefError} what the registry says of the first message */
  async open(first: Say, signal: AbortSignal | undefined): Promise<HolderAnswerSeen> {
    // Leaving the stream settles what waits for it, and gives back what was granted meanwhile.
    const leave = () => void this.#answers.return?.();
    signal?.addEventListener("abort", leave, { once: true });
    try {
      this.#said.push({ say: first });
      const { done, value } = await this.#answers.next();
      signal?.throwIfAborted();
      if (done) throw this.#ended("the registry has closed the stream of it");
      this.#listening = this.#listen();
      this.#keepAlive(value.leaseMs ?? assert.fail("what is held has a time"));
      return value;
    } catch (error) {
      await this.#answers.return?.();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  /** Settles with the registry's answer. */
  async say(say: Say): Promise<HolderAnswerSeen> {
    if (this.#unanswered.length >= unansweredMax) {
      const text = `the registry has not answered ${unansweredMax} times; wait for earlier changes`;
      const options = { maybeExecuted: false };
      throw new ReefError("resource_exhausted", `Cannot tell the registry: ${text}`, options);
    }
    this.#said.push({ say });
    return new Promise((resolve, reject) => {
      this.#unanswered.push({ saidAtMs: this.#clock.monotonicMs(), resolve, reject });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#disposed ??= this.#release());
  }

  async #release(): Promise<void> {
    if (this.#lost.signal.aborted) return;
    this.#beat?.cancel();
    this.#said.end();
    const timer = this.#clock.after(releaseTimeoutMs, () => void this.#answers.return?.());
    await this.#listening;
    timer.cancel();
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#answers.next();
        if (done) break;
        const { resolve, reject } = this.#unanswered.shift() ?? assert.fail("nobody asked");
        if (value.refused) reject(errorFromData(value.refused));
        else resolve(value);
      }
      this.#end(this.#ended("the registry has closed the stream of it"));
    } catch (error) {
      this.#end(ReefError.from(error));
    }
  }

  #keepAlive(leaseMs: number): void {
    this.#beat = this.#clock.after(leaseMs / beatsPerLease, () => this.#onBeat(leaseMs), {
      background: true,
    });
  }

  #onBeat(leaseMs: number): void {
    const [oldest] = this.#unanswered;
    if (oldest && this.#clock.monotonicMs() - oldest.saidAtMs >= leaseMs) {
      this.#end(this.#ended(`the registry did not answer for ${leaseMs} ms`));
      void this.#answers.return?.();
      return;
    }
    // Whatever is on its way says the same.
    if (!oldest) this.say({ stillHere: {} }).catch(ignored);
    this.#keepAlive(leaseMs);
  }

  #ended(why: string): ReefError {
    return grantEnded("unavailable", this.#held, why);
  }

  #end(reason: ReefError): void {
    this.#beat?.cancel();
    void this.#said.return();
    for (const { reject } of this.#unanswered.splice(0)) reject(reason);
    const released = grantEnded("cancelled", this.#held, "its holder gave it back");
    this.#lost.abort(this.#disposed ? released : reason);
  }
}

/** Whoever waits for `lost` hears of it. */
function ignored(_reason: ReefError): void {}

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
