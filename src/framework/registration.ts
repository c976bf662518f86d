/**
 * Keeps a node listed for as long as it serves: when the lease is lost (the platform was restarted, the connection
 * broke) it is listed again, and says "draining" before it goes.
 */
import type { Lease, Node, NodeState, Registry } from "../blocks/registry/index.ts";
import type { ContractDescriptor } from "../contract/descriptor.ts";
import { backoffMs } from "../core/backoff.ts";
import { type Clock, sleep } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";

export interface Registration extends AsyncDisposable {
  /** Tells callers to go elsewhere; waits until the registry knows, or at most `drainNoticeMs`. */
  drain(): Promise<void>;
}

export interface RegistrationOptions {
  readonly registry: Registry;
  readonly node: Node;
  readonly contract: ContractDescriptor;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A registry that does not answer must not hold up a shutdown. */
const drainNoticeMs = 1_000;

/** Between attempts to be listed again: a restarted platform should find its services within a second. */
const returnMaxMs = 500;

/**
 * @throws {ReefError} whatever the registry says of the first attempt: a node that may not be listed must not look
 *   served
 */
export async function openRegistration(options: RegistrationOptions): Promise<Registration> {
  const { registry, contract, clock, log } = options;
  const stop = new AbortController();
  let state: NodeState = options.node.state;
  let lease: Lease | undefined = await registry.register(options.node, { contract });

  async function keep(): Promise<void> {
    for (let failures = 0; !stop.signal.aborted;) {
      try {
        lease ??= await registry.register(
          { ...options.node, state },
          { contract, signal: stop.signal },
        );
        failures = 0;
        await ended(lease, stop.signal);
        lease = undefined;
      } catch (error) {
        failures += 1;
        if (failures === 1) log.warn("The registry is away; this node goes on serving", { error });
        const delayMs = backoffMs(failures, { baseMs: 25, maxMs: returnMaxMs });
        await sleep(delayMs, { clock, signal: stop.signal, background: true }).catch(stopped);
      }
    }
  }
  const kept = keep();

  return {
    async drain() {
      state = "draining";
      const notice = lease?.update({ state }, { signal: AbortSignal.timeout(drainNoticeMs) });
      // Who is not told finds out from the connection, which says it too.
      await notice?.catch((error: unknown) =>
        log.warn("The registry was not told to drain", { error }),
      );
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new ReefError("cancelled", "The node has stopped"));
      const last = lease;
      await kept;
      await last?.[Symbol.asyncDispose]();
    },
  };
}

function ended(lease: Lease, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const signal = AbortSignal.any([lease.lost, stop]);
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** The sleep was ended because the node stops: the loop sees it by itself. */
function stopped(): void {}
