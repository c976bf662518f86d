/** Which program a request is passed on to; while it is being replaced, the request waits. */
import type { Node } from "../../../blocks/registry/index.ts";
import type { Clock } from "../../../core/clock.ts";
import { ReefError } from "../../../core/errors.ts";
import { parseHttpAddress, type TcpAddress } from "../../address.ts";
import type { NodeCache } from "../../node-cache.ts";
import type { NodeSet } from "../../node-set.ts";
import { roundRobin } from "../../policies/balance.ts";
import type { ForwardLimits } from "./limits.ts";

/** A service by its name. */
export interface Target {
  readonly namespace: string;
  readonly service: string;
}

/** Where a request goes. */
export interface Place {
  readonly address: TcpAddress;
  /** Nobody takes connections there: others are tried first for a while. */
  refused(): void;
}

export class Places {
  readonly #cache: NodeCache;
  readonly #limits: Pick<ForwardLimits, "heldMax" | "holdMs">;
  readonly #clock: Clock;
  readonly #balance = roundRobin();
  #held = 0;

  constructor(cache: NodeCache, limits: Pick<ForwardLimits, "heldMax" | "holdMs">, clock: Clock) {
    this.#cache = cache;
    this.#limits = limits;
    this.#clock = clock;
  }

  /** When a request that comes now has waited long enough, on the monotonic clock. */
  deadline(): number {
    return this.#clock.monotonicMs() + this.#limits.holdMs;
  }

  /**
   * A node that is ready. Waits until there is one.
   * @throws {ReefError} `not_found` for a service that nobody knows; `unavailable` when it does not come back in time;
   *   `resource_exhausted` when `heldMax` requests wait already; `unimplemented` when it does not speak HTTP; the
   *   reason of `signal`
   */
  async find(target: Target, endsAtMs: number, signal: AbortSignal): Promise<Place> {
    for (;;) {
      signal.throwIfAborted();
      const set = this.#cache.find(target.namespace, target.service);
      if (!set || set.unknown) throw unknown(target);
      // Also for one that is listed and refuses: it would be tried for ever.
      const leftMs = endsAtMs - this.#clock.monotonicMs();
      if (leftMs <= 0) throw notBack(target, this.#limits.holdMs);
      const node = set.pick(this.#balance);
      if (node) return placeOf(node, set, target);
      // oxlint-disable-next-line no-await-in-loop -- whether it came back is looked at after each wait
      await this.#hold(set, target, { leftMs, signal });
    }
  }

  async #hold(
    set: NodeSet,
    target: Target,
    { leftMs, signal }: { readonly leftMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    if (this.#held >= this.#limits.heldMax) throw tooMany(target, this.#limits.heldMax);
    this.#held += 1;
    try {
      await new Promise<void>((resolve) => {
        const forget = set.wait(over);
        const timer = this.#clock.after(leftMs, over);
        signal.addEventListener("abort", over, { once: true });
        function over(): void {
          forget();
          timer.cancel();
          signal.removeEventListener("abort", over);
          resolve();
        }
      });
    } finally {
      this.#held -= 1;
    }
  }
}

function placeOf(node: Node, set: NodeSet, target: Target): Place {
  for (const text of node.addresses) {
    const address = parseHttpAddress(text);
    if (address) return { address, refused: () => set.refused(node.id) };
  }
  throw new ReefError(
    "unimplemented",
    `Cannot pass the request on: "${target.service}" does not speak HTTP; call its methods`,
    { maybeExecuted: false },
  );
}

function unknown({ service }: Target): ReefError {
  return new ReefError("not_found", `Cannot find the service "${service}"`, {
    maybeExecuted: false,
  });
}

function notBack({ service }: Target, holdMs: number): ReefError {
  return new ReefError(
    "unavailable",
    `Cannot reach "${service}": it was not ready within ${holdMs} ms`,
    { maybeExecuted: false },
  );
}

function tooMany({ service }: Target, heldMax: number): ReefError {
  return new ReefError(
    "resource_exhausted",
    `Cannot wait for "${service}": ${heldMax} requests already wait for programs to come back`,
    { maybeExecuted: false },
  );
}
