/** Keeps a node on the list of the registry for a program that cannot do so itself. */
import type { ContractDescriptor } from "../../../../contract/descriptor.ts";
import { backoffMs } from "../../../../core/backoff.ts";
import { type Clock, sleep, systemClock } from "../../../../core/clock.ts";
import type { Logger } from "../../../../core/log.ts";
import type { Lease, Node, NodeState, Registry } from "../../../registry/index.ts";

export interface ForeignNodeOptions {
  readonly registry: Registry;
  readonly log: Logger;
  readonly node: Omit<Node, "state">;
  readonly contract: ContractDescriptor;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Between attempts to be listed again: a restarted registry should find its services within a second. */
const returnMaxMs = 500;

/** Disposing it takes the node off the list. Until then it is listed, and again whenever the registry has lost it. */
export class ForeignNode implements AsyncDisposable {
  readonly #options: ForeignNodeOptions;
  readonly #stop = new AbortController();
  readonly #kept: Promise<void>;
  #state: NodeState = "starting";
  #lease: Lease | undefined;

  constructor(options: ForeignNodeOptions) {
    this.#options = options;
    this.#kept = this.#keep();
  }

  /** Settles when the registry knows; one that is not there now hears of it later. */
  async ready(): Promise<void> {
    this.#state = "ready";
    await this.#tell();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    const { registry, node, contract, log, clock = systemClock } = this.#options;
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted;) {
      try {
        // One lease after the other; each is held until it is lost.
        // oxlint-disable-next-line no-await-in-loop
        await using lease = await registry.register(
          { ...node, state: this.#state },
          { contract, signal },
        );
        failures = 0;
        this.#lease = lease;
        // oxlint-disable-next-line no-await-in-loop
        await this.#tell();
        // oxlint-disable-next-line no-await-in-loop
        await fired(AbortSignal.any([lease.lost, signal]));
      } catch (error) {
        if (!signal.aborted && failures === 0) log.warn("A program cannot be listed", { error });
      }
      this.#lease = undefined;
      failures += 1;
      const delayMs = backoffMs(failures, { maxMs: returnMaxMs });
      // oxlint-disable-next-line no-await-in-loop
      await sleep(delayMs, { clock, signal, background: true }).catch(ignoreStop);
    }
  }

  async #tell(): Promise<void> {
    const lease = this.#lease;
    if (!lease || lease.node.state === this.#state) return;
    try {
      await lease.update({ state: this.#state }, { signal: this.#stop.signal });
    } catch (error) {
      // The lease has ended, or is about to: with the next one it is said again.
      if (!this.#stop.signal.aborted)
        this.#options.log.warn("A program is not ready yet", { error });
    }
  }
}

/** Resolves when the signal has fired. */
export function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** The loop sees it by itself. */
function ignoreStop(): void {}
