/**
 * The registry on the other side of a wire: one more driver. What was granted is a stream that stays
 * open; a lost connection ends it, and asking again is the holder's business.
 */
import assert from "node:assert/strict";
import type { Json } from "../../contract/builder.ts";
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { BoundedQueue } from "../../core/bounded-queue.ts";
import { type Clock, systemClock, type Timer } from "../../core/clock.ts";
import { errorFromData, ReefError } from "../../core/errors.ts";
import type { Client } from "../../rpc/client.ts";
import { callContext } from "../../rpc/context.ts";
import { parseExpectation, parseLeaseMs, parseRegistration } from "./contract.ts";
import type { EventSeen, HoldSent, RefusalSeen, RegistryContract } from "./contract.ts";
import type {
  Expectation,
  Grant,
  Lease,
  LeaseOptions,
  Node,
  NodeChange,
  RegisterOptions,
  Registry,
  RegistryEvent,
  RegistryScope,
  ServiceName,
  WaitOptions,
} from "./index.ts";

export interface RemoteRegistryOptions {
  /** When to say "still here". @default systemClock */
  readonly clock?: Clock;
}

type RegistryClient = Client<typeof RegistryContract>;
type Say = HoldSent["say"];

/** Something held far away says so three times in its time: one may be late, and one may be lost. */
const beatsPerLease = 3;

/** Changes of one node that nobody has taken yet; more means that the way is blocked. */
const changesMax = 64;

/** A registry that does not take a node back by then finds out by itself. */
const releaseTimeoutMs = 2_000;

/** The client stays its owner's; with it goes everything that is held through it. */
export function remoteRegistry(
  client: RegistryClient,
  { clock = systemClock }: RemoteRegistryOptions = {},
): Registry {
  return {
    async register(node: Node, options: RegisterOptions): Promise<Lease> {
      options.signal?.throwIfAborted();
      const parsed = parseRegistration(node, options);
      const leaseMs = parseLeaseMs(options);
      // A descriptor is plain JSON, which its own type does not say.
      const contract = options.contract as object as Json;
      const hold = new Hold(client, { register: { node: parsed, contract, leaseMs } }, clock);
      await hold.open(leaseMs, options.signal);
      return new RemoteLease(hold, parsed);
    },
    async expect(name: ServiceName, options: LeaseOptions = {}): Promise<Expectation> {
      options.signal?.throwIfAborted();
      const parsed = parseExpectation(name, options);
      const leaseMs = parseLeaseMs(options);
      const hold = new Hold(client, { expect: { ...parsed, leaseMs } }, clock);
      await hold.open(leaseMs, options.signal);
      return hold;
    },
    resolve: ({ namespace, service }: ServiceName, { signal }: WaitOptions = {}) =>
      waiting(signal, () => client.resolve({ namespace, service }, { signal })),
    list: ({ namespace, service, signal }: RegistryScope = {}) =>
      waiting(signal, () => Array.fromAsync(client.list({ namespace, service }, { signal }))),
    contract: (digest: string, { signal }: WaitOptions = {}) =>
      waiting(signal, async () => {
        const { contract } = await client.contract({ digest }, { signal });
        // Checked by the registry that this digest is its; what it says is for its reader to check.
        return contract as object as ContractDescriptor;
      }),
    watch: (scope: RegistryScope = {}) => ({
      [Symbol.asyncIterator]: () => watch(client, scope),
    }),
  };
}

function watch(
  client: RegistryClient,
  { namespace, service, signal }: RegistryScope,
): AsyncIterator<RegistryEvent, undefined> {
  const messages = client.watch({ namespace, service }, { signal });
  return {
    async next() {
      try {
        const { done, value } = await messages.next();
        return done ? { done, value: undefined } : { done: false, value: eventOf(value) };
      } catch (error) {
        if (signal?.aborted) return { done: true, value: undefined };
        throw error;
      }
    },
    async return() {
      await messages.return?.();
      return { done: true, value: undefined };
    },
  };
}

interface Unanswered {
  readonly saidAtMs: number;
  readonly resolve: () => void;
  readonly reject: (reason: ReefError) => void;
}

/** One open stream: what was granted for its first message is held until it ends. */
class Hold implements Grant {
  readonly #clock: Clock;
  readonly #said = new BoundedQueue<HoldSent>({ limit: changesMax, overflow: "fail" });
  readonly #answers: AsyncIterator<{ readonly refused?: RefusalSeen | undefined }>;
  readonly #lost = new AbortController();
  readonly #unanswered: Unanswered[] = [];
  #beat: Timer | undefined;
  #listening: Promise<void> | undefined;
  #disposed: Promise<void> | undefined;

  constructor(client: RegistryClient, first: Say, clock: Clock) {
    this.#clock = clock;
    void this.#said.push({ say: first });
    // What is granted outlives the call in which it was asked for, and must not be cancelled with it.
    this.#answers = callContext.exit(() => client.hold(this.#said));
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** @throws {ReefError} what the registry says of the first message */
  async open(leaseMs: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      const { done } = await waiting(signal, () => this.#answers.next());
      if (done) throw endedByRegistry();
    } catch (error) {
      await this.#answers.return?.();
      throw error;
    }
    this.#listening = this.#listen();
    this.#keepAlive(leaseMs);
  }

  /** Settles with the registry's answer. */
  say(say: Say): Promise<void> {
    return new Promise((resolve, reject) => {
      void this.#said.push({ say });
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
        else resolve();
      }
      this.#end(endedByRegistry());
    } catch (error) {
      this.#end(ReefError.from(error));
    }
  }

  #keepAlive(leaseMs: number): void {
    this.#beat = this.#clock.after(
      leaseMs / beatsPerLease,
      () => {
        const silentMs = this.#clock.monotonicMs() - (this.#unanswered[0]?.saidAtMs ?? Infinity);
        if (silentMs >= leaseMs) {
          this.#end(new ReefError("unavailable", `The registry did not answer for ${leaseMs} ms`));
          void this.#answers.return?.();
          return;
        }
        this.say({ stillHere: {} }).catch(ignored);
        this.#keepAlive(leaseMs);
      },
      { background: true },
    );
  }

  #end(reason: ReefError): void {
    this.#beat?.cancel();
    void this.#said.return();
    for (const { reject } of this.#unanswered.splice(0)) reject(reason);
    const disposed = new ReefError("cancelled", "This lease was ended by its holder");
    this.#lost.abort(this.#disposed ? disposed : reason);
  }
}

class RemoteLease implements Lease {
  readonly #hold: Hold;
  #node: Node;

  constructor(hold: Hold, node: Node) {
    this.#hold = hold;
    this.#node = node;
  }

  get node(): Node {
    return this.#node;
  }

  get lost(): AbortSignal {
    return this.#hold.lost;
  }

  update({ state, addresses, metadata }: NodeChange, options: WaitOptions = {}): Promise<void> {
    const { id } = this.#node;
    return waiting(options.signal, async () => {
      if (this.lost.aborted) {
        const text = `Cannot update node "${id}": its lease has ended`;
        throw new ReefError("failed_precondition", text, { maybeExecuted: false });
      }
      const change = {
        ...(state && { state }),
        ...(addresses && { addresses: [...addresses] }),
        ...(metadata && { metadata: { ...metadata } }),
      };
      await this.#hold.say({ update: change });
      this.#node = { ...this.#node, ...change };
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#hold[Symbol.asyncDispose]();
  }
}

/** Waits for `work`, or until the signal fires: then rejects with its reason, whatever the work makes of it. */
async function waiting<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(), aborted.promise]);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function endedByRegistry(): ReefError {
  return new ReefError("unavailable", "The registry has ended the stream of this lease");
}

/** Whoever waits for `lost` hears of it. */
function ignored(_reason: ReefError): void {}

function eventOf({ epoch, revision, news }: EventSeen): RegistryEvent {
  if ("node" in news) return { epoch, revision, kind: "node", node: news.node };
  if ("gone" in news) return { epoch, revision, kind: "gone", node: news.gone };
  if ("expected" in news) return { epoch, revision, kind: "expected", ...news.expected };
  return { epoch, revision, kind: "present" };
}
