/**
 * Any registry as a service. To the registry it is the holder of everything that was granted to holders far away, and
 * it gives that back when one of them leaves or falls silent.
 *
 * Who may see and list what, its `access` says. The platform's own namespace is nobody's who comes over a wire: whoever
 * belongs there has the registry itself.
 */
import type { Json } from "../../contract/builder.ts";
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { Caller } from "../../core/identity.ts";
import { service, type Service } from "../../rpc/service.ts";
import {
  grantEnded,
  type HolderAnswerSent,
  type HolderMessageSeen,
  RegistryContract,
} from "./contract.ts";
import { platformNamespace } from "./index.ts";
import type { Grant, Lease, NodeChange, Registry, ServiceName } from "./index.ts";
import { type RegistryAccess, SeenRegistry } from "./service/access.ts";

export interface RegistryServiceOptions {
  /** Measures the silence of holders. @default systemClock */
  readonly clock?: Clock;
  /** Callers may list what is in the platform's own namespace: they are the platform. @default false */
  readonly mayHoldPlatform?: boolean;
  /** Who sees and lists what. @default everybody everything */
  readonly access?: RegistryAccess;
}

/** A stream whose holder does not even say what it is for; it holds nothing yet, so it only costs memory. */
const firstMessageTimeoutMs = 10_000;

export function registryService(
  registry: Registry,
  options: RegistryServiceOptions = {},
): Service<typeof RegistryContract> {
  const { clock = systemClock, mayHoldPlatform = false, access = openToAll } = options;
  const seenBy = (caller: Caller) => new SeenRegistry(registry, access, caller);
  return service(RegistryContract, {
    hold: (messages, { caller, signal }) =>
      answerHolder(messages, {
        registry,
        clock,
        signal,
        enter(name) {
          if (!mayHoldPlatform) refusePlatform(name);
          return access.hold(caller, name);
        },
      }),
    resolve: (name, { caller, signal }) => seenBy(caller).resolve(name, signal),
    async *list(scope, { caller, signal }) {
      yield* await seenBy(caller).list({ ...scope, signal });
    },
    async contract({ digest }, { signal }) {
      const contract = await registry.contract(digest, { signal });
      // A descriptor is plain JSON, which its own type does not say.
      return { contract: contract as object as Json };
    },
    watch: (scope, { caller, signal }) => seenBy(caller).watch({ ...scope, signal }),
  });
}

interface HolderContext {
  readonly registry: Registry;
  readonly clock: Clock;
  /** @throws {ReefError} when its holder may list nothing under this name */
  readonly enter: (name: ServiceName) => Disposable | Promise<Disposable>;
  readonly signal: AbortSignal;
}

const nothing: Disposable = { [Symbol.dispose]() {} };

const openToAll: RegistryAccess = {
  sees: () => true,
  hold: () => nothing,
  onChange: () => nothing,
};

/** Runs as long as something is held; however it ends, what was granted is given back. */
async function* answerHolder(
  messages: AsyncIterable<HolderMessageSeen>,
  { registry, clock, enter, signal }: HolderContext,
): AsyncIterable<HolderAnswerSent> {
  const said = messages[Symbol.asyncIterator]();
  const ms = firstMessageTimeoutMs;
  const first = await within(said.next(), { ms, clock, held: "this stream open" });
  if (first.done) return;
  const { say } = first.value;
  using entered = new DisposableStack();
  if ("register" in say) {
    const { node, contract, leaseMs } = say.register;
    entered.use(await enter(node));
    // The registry compares its digest with the node's: what else it is, is for its reader to check.
    const descriptor = contract as object as ContractDescriptor;
    await using lease = await registry.register(node, { contract: descriptor, signal });
    yield { leaseMs, node: lease.node };
    const held = `node "${node.id}" listed`;
    yield* answers(lease, said, { ms: leaseMs, clock, held, lost: lease.lost });
  } else if ("expect" in say) {
    const { leaseMs, ...name } = say.expect;
    entered.use(await enter(name));
    await using expectation = await registry.expect(name, { signal });
    yield { leaseMs };
    const held = `service "${name.service}" expected`;
    yield* answers(expectation, said, { ms: leaseMs, clock, held, lost: expectation.lost });
  } else {
    const text = `Cannot hold anything: the first message must say what, it says "${Object.keys(say)[0]}"`;
    throw refusal("invalid_argument", `${text}; begin with register or expect`);
  }
}

async function* answers(
  grant: Grant | Lease,
  said: AsyncIterator<HolderMessageSeen>,
  silence: Silence,
): AsyncIterable<HolderAnswerSent> {
  for (;;) {
    const next = await within(said.next(), silence);
    if (next.done) return;
    yield await answer(grant, next.value);
  }
}

/** What is refused is an answer: one bad change must not cost the holder its place. */
async function answer(grant: Grant | Lease, { say }: HolderMessageSeen): Promise<HolderAnswerSent> {
  if ("stillHere" in say) return {};
  try {
    if (!("update" in say && "update" in grant)) {
      const text = `Cannot do "${Object.keys(say)[0]}" here: the stream holds something already`;
      throw refusal("invalid_argument", `${text}; open another one for it`);
    }
    // Whether it is a state, the registry says.
    await grant.update(say.update as NodeChange);
    return { node: grant.node };
  } catch (error) {
    const { code, message, violations, maybeExecuted } = ReefError.from(error);
    return { refused: { code, message, violations: violations && [...violations], maybeExecuted } };
  }
}

interface Silence {
  readonly ms: number;
  readonly clock: Clock;
  /** What ends with it, for the text. */
  readonly held: string;
  readonly lost?: AbortSignal;
}

/**
 * The next message of somebody else cannot be stopped, so this ends the waiting alone. What still waits then ends with
 * the stream, which the caller of this ends by throwing on.
 * @throws {ReefError} `deadline_exceeded` when `ms` have passed; the reason of `lost` when that fires
 */
async function within<T>(message: Promise<T>, { ms, clock, held, lost }: Silence): Promise<T> {
  const end = Promise.withResolvers<never>();
  const onSilence = () => {
    end.reject(grantEnded("deadline_exceeded", held, `its holder was not heard of for ${ms} ms`));
  };
  const onLost = () => end.reject(lost?.reason);
  const timer = clock.after(ms, onSilence, { background: true });
  lost?.addEventListener("abort", onLost, { once: true });
  if (lost?.aborted) onLost();
  try {
    return await Promise.race([message, end.promise]);
  } finally {
    timer.cancel();
    lost?.removeEventListener("abort", onLost);
  }
}

/** A node there would be called by everybody as if it were the platform. */
function refusePlatform({ namespace, service: name }: ServiceName): void {
  if (namespace !== platformNamespace) return;
  const text = `Cannot hold service "${name}" in namespace "${namespace}": that is the platform's own`;
  throw refusal("permission_denied", `${text}; choose another namespace`);
}

function refusal(code: "invalid_argument" | "permission_denied", text: string): ReefError {
  return new ReefError(code, text, { maybeExecuted: false });
}
