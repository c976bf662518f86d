/**
 * Keeps a node listed for as long as it serves: when the lease is lost (the platform was restarted, the connection
 * broke) it is listed again, and says "draining" before it goes.
 */
import type { Lease, Node, NodeState, Registry } from "../blocks/registry/index.ts";
import type { ContractDescriptor } from "../contract/descriptor.ts";
import { backoffMs } from "../core/backoff.ts";
import { type Clock, sleep } from "../core/clock.ts";
import { callContext } from "../rpc/context.ts";
import { ReefError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";

/** Disposing it takes the node off the list. */
export interface Registration extends AsyncDisposable {
  /**
   * Tells callers that it takes calls. When the registry is not to be reached, it hears so when it is again. Never
   * fails.
   */
  ready(): Promise<void>;
  /** Tells callers to go elsewhere; waits until the registry knows, or at most `drainNoticeMs`. Never fails. */
  drain(): Promise<void>;
}

export interface RegistrationOptions {
  readonly registry: Registry;
  readonly node: Node;
  readonly contract: ContractDescriptor;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the first attempt. */
  readonly signal?: AbortSignal | undefined;
}

/** A registry that does not answer must not hold up a shutdown. */
export const drainNoticeMs = 1_000;

/** Between attempts to be listed again: a restarted platform should find its services within a second. */
const returnMaxMs = 500;

/** A lease that held for this long was no failure, whatever ended it. */
const heldMs = 5_000;

/**
 * @throws {ReefError} whatever the registry says of the first attempt: a node that may not be listed must not look
 *   served
 */
export async function openRegistration(options: RegistrationOptions): Promise<Registration> {
  const registration = new KeptRegistration(options);
  await registration.open(options.signal);
  return registration;
}

/** The same without waiting: the node is listed as soon as the registry can be reached, and may be listed there. */
export function keepRegistration(options: Omit<RegistrationOptions, "signal">): Registration {
  const registration = new KeptRegistration(options);
  registration.keep();
  return registration;
}

class KeptRegistration implements Registration {
  readonly #options: RegistrationOptions;
  readonly #stop = new AbortController();
  #state: NodeState;
  #lease: Lease | undefined;
  /** The attempt that is under way. */
  #attempt: Promise<Lease> | undefined;
  #kept: Promise<void> | undefined;
  #disposed: Promise<void> | undefined;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#state = options.node.state;
  }

  async open(signal: AbortSignal | undefined): Promise<void> {
    await this.#list(signal);
    this.keep();
  }

  /** Outside of any call that serves something: it goes on when that is over. */
  keep(): void {
    this.#kept = callContext.exit(() => this.#keep());
  }

  async ready(): Promise<void> {
    if (this.#state === "draining") return;
    // Without an answer it is listed again, as it is then.
    await this.#become("ready", { signal: this.#stop.signal });
  }

  async drain(): Promise<void> {
    // Who is not told finds out from the connection, which says it too.
    await this.#become("draining", { signal: AbortSignal.timeout(drainNoticeMs) });
  }

  async #become(state: NodeState, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    this.#state = state;
    try {
      const lease = this.#lease ?? (await before(signal, this.#attempt));
      await lease?.update({ state }, { signal });
    } catch (error) {
      this.#options.log.warn(`The registry was not told that this node is ${state}`, { error });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#disposed ??= this.#leave());
  }

  async #leave(): Promise<void> {
    this.#stop.abort(new ReefError("cancelled", "The node has stopped"));
    await this.#kept;
    await this.#lease?.[Symbol.asyncDispose]();
  }

  /** Waits for the end of each lease and gets another, until the node stops. */
  async #keep(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stop;
    let listedAtMs = clock.monotonicMs();
    for (let failures = 0; ;) {
      if (this.#lease) {
        await fired(AbortSignal.any([this.#lease.lost, signal]));
        if (signal.aborted) return;
        const { reason: error } = this.#lease.lost;
        if (clock.monotonicMs() - listedAtMs >= heldMs) failures = 0;
        if (failures === 0) log.warn("This node is off the list; it goes on serving", { error });
        this.#lease = undefined;
      }
      failures += 1;
      const delayMs = backoffMs(failures, { baseMs: 25, maxMs: returnMaxMs });
      await sleep(delayMs, { clock, signal, background: true }).catch(stopped);
      if (signal.aborted) return;
      // Only the first failure is news.
      if (!(await this.#listAgain())) continue;
      listedAtMs = clock.monotonicMs();
      log.info("This node is on the list again");
    }
  }

  async #listAgain(): Promise<boolean> {
    try {
      await this.#list(undefined);
      return true;
    } catch {
      return false;
    }
  }

  async #list(signal: AbortSignal | undefined): Promise<void> {
    try {
      this.#attempt = this.#register(signal);
      this.#lease = await this.#attempt;
    } finally {
      this.#attempt = undefined;
    }
  }

  /** A lease that says the state of now, not that of the moment when it was asked for. */
  async #register(first: AbortSignal | undefined): Promise<Lease> {
    const { registry, node, contract } = this.#options;
    const signal = first ? AbortSignal.any([first, this.#stop.signal]) : this.#stop.signal;
    const asked = this.#state;
    const lease = await registry.register({ ...node, state: asked }, { contract, signal });
    if (asked === this.#state) return lease;
    try {
      await lease.update({ state: this.#state }, { signal });
      return lease;
    } catch (error) {
      await lease[Symbol.asyncDispose]();
      throw error;
    }
  }
}

/** The outcome of an attempt, or nothing when it fails or takes too long: what it lists then is drained by itself. */
async function before<T>(
  signal: AbortSignal,
  attempt: Promise<T> | undefined,
): Promise<T | undefined> {
  return Promise.race([attempt?.catch(failed), fired(signal)]);
}

function fired(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

/** The loop that made the attempt deals with it. */
function failed(): undefined {
  return undefined;
}

/** The sleep was ended because the node stops: the loop sees it by itself. */
function stopped(): void {}
