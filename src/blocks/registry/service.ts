/**
 * Any registry as a service. To the registry it is the holder of everything that was granted to
 * holders far away, and it gives that back when one of them leaves or falls silent.
 */
import type { Json } from "../../contract/builder.ts";
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { service, type Service } from "../../rpc/service.ts";
import { type EventSent, type HoldSeen, RegistryContract } from "./contract.ts";
import { leaseDefaultMs } from "./index.ts";
import type { Grant, Lease, NodeChange, Registry, RegistryEvent } from "./index.ts";

export interface RegistryServiceOptions {
  /** Measures the silence of holders. @default systemClock */
  readonly clock?: Clock;
}

export function registryService(
  registry: Registry,
  options: RegistryServiceOptions = {},
): Service<typeof RegistryContract> {
  const { clock = systemClock } = options;
  return service(RegistryContract, {
    hold: (messages, { signal }) => hold(messages, { registry, clock, signal }),
    resolve: (name, { signal }) => registry.resolve(name, { signal }),
    async *list(scope, { signal }) {
      yield* await registry.list({ ...scope, signal });
    },
    async contract({ digest }, { signal }) {
      const contract = await registry.contract(digest, { signal });
      // A descriptor is plain JSON, which its own type does not say.
      return { contract: contract as object as Json };
    },
    async *watch(scope, { signal }) {
      for await (const event of registry.watch({ ...scope, signal })) yield sentOf(event);
    },
  });
}

interface Hold {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Runs as long as something is held; however it ends, what was granted is given back. */
async function* hold(messages: AsyncIterable<HoldSeen>, { registry, clock, signal }: Hold) {
  const said = messages[Symbol.asyncIterator]();
  const first = await within(leaseDefaultMs, clock, said.next());
  if (first.done) return;
  const { say } = first.value;
  if ("register" in say) {
    const { node, contract, leaseMs } = say.register;
    const descriptor = contract as object as ContractDescriptor;
    await using lease = await registry.register(node, { contract: descriptor, signal });
    yield* answers(lease, leaseMs, said, clock);
  } else if ("expect" in say) {
    const { leaseMs, ...name } = say.expect;
    await using expectation = await registry.expect(name, { signal });
    yield* answers(expectation, leaseMs, said, clock);
  } else {
    throw new ReefError("invalid_argument", "Cannot hold this: say first what, register or expect");
  }
}

async function* answers(
  grant: Grant | Lease,
  leaseMs: number,
  said: AsyncIterator<HoldSeen>,
  clock: Clock,
) {
  yield {};
  for (;;) {
    const next = await within(leaseMs, clock, said.next(), grant.lost);
    if (next.done) return;
    yield await answer(grant, next.value);
  }
}

/** What is refused is an answer: one bad change must not cost the holder its place. */
async function answer(grant: Grant | Lease, { say }: HoldSeen) {
  if ("stillHere" in say) return {};
  try {
    if (!("update" in say && "update" in grant)) {
      throw new ReefError("invalid_argument", "Cannot do this here: only a node can be updated");
    }
    // Whether it is a state, the registry says.
    await grant.update(say.update as NodeChange);
    return {};
  } catch (error) {
    const { code, message, violations } = ReefError.from(error);
    return { refused: { code, message, violations } };
  }
}

/** @throws {ReefError} `deadline_exceeded` when `ms` have passed; the reason of `lost` when that fires */
async function within<T>(
  ms: number,
  clock: Clock,
  message: Promise<T>,
  lost?: AbortSignal,
): Promise<T> {
  const end = Promise.withResolvers<never>();
  const timer = clock.after(ms, () => end.reject(silent(ms)), { background: true });
  const onLost = () => end.reject(lost?.reason);
  lost?.addEventListener("abort", onLost, { once: true });
  if (lost?.aborted) onLost();
  try {
    return await Promise.race([message, end.promise]);
  } finally {
    timer.cancel();
    lost?.removeEventListener("abort", onLost);
  }
}

function silent(ms: number): ReefError {
  return new ReefError("deadline_exceeded", `The registry did not hear of the holder for ${ms} ms`);
}

function sentOf({ epoch, revision, ...news }: RegistryEvent): EventSent {
  switch (news.kind) {
    case "node":
      return { epoch, revision, news: { node: news.node } };
    case "gone":
      return { epoch, revision, news: { gone: news.node } };
    case "expected": {
      const { namespace, service, expected } = news;
      return { epoch, revision, news: { expected: { namespace, service, expected } } };
    }
    case "present":
      return { epoch, revision, news: { present: {} } };
  }
}
