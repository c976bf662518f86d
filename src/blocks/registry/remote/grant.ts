/**
 * What is held in a registry far away: a stream that stays open, on which its holder says now and then that it lives.
 */
import assert from "node:assert/strict";
import { BoundedQueue } from "../../../core/bounded-queue.ts";
import type { Clock, Timer } from "../../../core/clock.ts";
import { errorFromData, ReefError } from "../../../core/errors.ts";
import type { Client } from "../../../rpc/client.ts";
import { callContext } from "../../../rpc/context.ts";
import { grantEnded } from "../contract.ts";
import type { HolderAnswerSeen, HolderMessageSent, RegistryContract } from "../contract.ts";
import type { Grant } from "../index.ts";

type Say = HolderMessageSent["say"];

/** Something held far away says so three times in its time: one may be late, and one may be lost. */
const beatsPerLease = 3;

/** What one holder said and the registry has not answered yet; more means that the way is blocked. */
const unansweredMax = 64;

/** A registry that does not take a node back by then finds out by itself. */
const releaseTimeoutMs = 2_000;

interface Unanswered {
  readonly saidAtMs: number;
  readonly resolve: (answer: HolderAnswerSeen) => void;
  readonly reject: (reason: ReefError) => void;
}

/** One open stream: what was granted for its first message is held until it ends. */
export class RemoteGrant implements Grant {
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

  constructor(client: Client<typeof RegistryContract>, held: string, clock: Clock) {
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
