/**
 * A registry in another process, as this platform shows it to those who reach it through here.
 *
 * What they hold goes with this platform, although the registry stays: to them this is another registry after a restart
 * of either. That is what the epoch says, so that nobody forgets services that are about to come back. And what is
 * expected is expected again when the registry was restarted, because whoever said so still says it.
 */
import { backoffMs } from "../../core/backoff.ts";
import { type Clock, sleep, systemClock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type {
  Grant,
  LeaseOptions,
  Registry,
  RegistryEvent,
  ServiceName,
} from "../../blocks/registry/index.ts";
import { callContext } from "../../rpc/context.ts";
import { fired } from "./part.ts";

export interface ShownRegistryOptions {
  /** Of this platform: another one after each start. */
  readonly instance: string;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Between attempts to say again what is expected; as for services that list themselves again. */
const returnMaxMs = 500;

export function shownRegistry(registry: Registry, options: ShownRegistryOptions): Registry {
  const { instance, clock = systemClock } = options;
  return {
    register: (...given) => registry.register(...given),
    expect: (name, terms) => keepExpecting(registry, name, { clock, terms }),
    resolve: (...given) => registry.resolve(...given),
    list: (...given) => registry.list(...given),
    contract: (...given) => registry.contract(...given),
    watch: (scope) => ({
      [Symbol.asyncIterator]: () => {
        return renamed(registry.watch(scope)[Symbol.asyncIterator](), instance);
      },
    }),
  };
}

/** By hand, because it is left while it waits: see `core/feed.ts`. */
function renamed(
  events: AsyncIterator<RegistryEvent>,
  instance: string,
): AsyncIterator<RegistryEvent, undefined> {
  return {
    async next() {
      const { done, value } = await events.next();
      if (done) return { done, value: undefined };
      return { done: false, value: { ...value, epoch: `${instance}/${value.epoch}` } };
    },
    async return() {
      await events.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** @throws {ReefError} whatever the registry says of the first attempt */
async function keepExpecting(
  registry: Registry,
  name: ServiceName,
  { clock, terms }: { readonly clock: Clock; readonly terms: LeaseOptions | undefined },
): Promise<Grant> {
  const first = await registry.expect(name, terms);
  const stop = new AbortController();
  // Outside of the call in which it was asked for: it goes on when that is over.
  const kept = callContext.exit(keep);

  /** Asks again whenever it was lost, until it is given back. */
  async function keep(): Promise<void> {
    for (let grant: Grant | undefined = first; grant; grant = await expectAgain()) {
      await fired(AbortSignal.any([grant.lost, stop.signal]));
      if (stop.signal.aborted) return grant[Symbol.asyncDispose]();
    }
  }
  async function expectAgain(): Promise<Grant | undefined> {
    const { signal } = stop;
    for (let failures = 1; !signal.aborted; failures += 1) {
      const delayMs = backoffMs(failures, { baseMs: 25, maxMs: returnMaxMs });
      await sleep(delayMs, { clock, signal, background: true }).catch(stopped);
      if (signal.aborted) return undefined;
      try {
        return await registry.expect(name, { ...terms, signal });
      } catch {
        // Not back yet: the next round asks again.
      }
    }
    return undefined;
  }
  const end = new ReefError("cancelled", `Service "${name.service}" is not expected any more`);
  return {
    lost: stop.signal,
    async [Symbol.asyncDispose]() {
      stop.abort(end);
      await kept;
    },
  };
}

/** The sleep was ended because the expectation is given back: the loop sees it by itself. */
function stopped(): void {}
