/** What the cases register, and how they look at a watch. */
import { badNames } from "../../../testing/bad-names.ts";
import assert from "node:assert/strict";
import type { ContractDescriptor } from "../../../contract/descriptor.ts";
import { digestOf } from "../../../contract/digest.ts";
import type { Code } from "../../../core/errors.ts";
import { soon } from "../../../testing/soon.ts";
import { addressesMax, addressLengthMax, idLengthMax, metadataBytesMax } from "../index.ts";
import type {
  Lease,
  Node,
  RegisterOptions,
  Registry,
  RegistryEvent,
  RegistryScope,
} from "../index.ts";

export const greeter: ContractDescriptor = { name: "greeter", version: "1.2.0", methods: {} };
export const greeterDigest = digestOf(greeter);
export const greeterName = { namespace: "default", service: "greeter" };

export function nodeOf(id: string, changes: Partial<Node> = {}): Node {
  return {
    id,
    ...greeterName,
    version: "1.2.0",
    state: "ready",
    addresses: ["tcp://127.0.0.1:7000"],
    contractDigest: greeterDigest,
    metadata: {},
    ...changes,
  };
}

export const badNodes: readonly Node[] = [
  ...badNames.flatMap((name) => [
    nodeOf("a", { namespace: name }),
    nodeOf("a", { service: name }),
    nodeOf("a", { addresses: ["tcp://127.0.0.1:1", name] }),
  ]),
  ...["", "../a", "a/b", "a b", "a\n", "__proto__", "a".repeat(idLengthMax + 1)].map((id) =>
    nodeOf(id),
  ),
  ...["unix:", "unix:a.sock", "unix:/run/../a", "unix:/a\0", "tcp://", "tcp://a", "tcp://a:0"].map(
    (address) => nodeOf("a", { addresses: [address] }),
  ),
  nodeOf("a", { addresses: Array.from({ length: addressesMax + 1 }, () => "tcp://127.0.0.1:1") }),
  nodeOf("a", { addresses: [`unix:/${"a".repeat(addressLengthMax)}`] }),
  nodeOf("a", { version: "1" }),
  nodeOf("a", { contractDigest: "0".repeat(64) }),
  nodeOf("a", { metadata: { key: "x".repeat(metadataBytesMax) } }),
  // A caller without types can send anything.
  nodeOf("a", { state: "gone" as "ready" }),
];

export function register(
  registry: Registry,
  node: Node,
  options: Partial<RegisterOptions> = {},
): Promise<Lease> {
  return registry.register(node, { contract: greeter, ...options });
}

export async function refused(promise: Promise<unknown>, code: Code): Promise<void> {
  await assert.rejects(promise, { name: "ReefError", code });
}

export type Watching = Awaited<ReturnType<typeof openWatch>>;

/** A watch whose present has been read; the last of it is the event that says so. */
export async function openWatch(registry: Registry, scope?: RegistryScope) {
  const events = registry.watch(scope)[Symbol.asyncIterator]();
  async function read(count: number): Promise<RegistryEvent[]> {
    const all: RegistryEvent[] = [];
    while (all.length < count) {
      const { done, value } = await soon("An event of the watch", events.next());
      if (done) assert.fail(`the watch ended after ${all.length} of ${count} events`);
      all.push(value);
    }
    return all;
  }
  const present: RegistryEvent[] = [];
  while (present.at(-1)?.kind !== "present") present.push(...(await read(1)));
  return {
    present,
    read,
    next: async () => newsOf((await read(1))[0] ?? assert.fail("no event")),
    [Symbol.asyncDispose]: async () => void (await events.return?.()),
  };
}

export function newsOf({ epoch: _epoch, revision: _revision, ...news }: RegistryEvent) {
  return news;
}

/**
 * How many elements of lists, sets and maps are walked over meanwhile: work is counted instead of timed, because time
 * says something else on every machine.
 */
export async function countSteps(act: () => Promise<unknown>): Promise<number> {
  const walks = [[].values(), new Set().values(), new Map().values()];
  let steps = 0;
  const undo = walks.map((walk) => {
    const prototype = Object.getPrototypeOf(walk);
    const { next } = prototype;
    prototype.next = function count(this: unknown) {
      steps += 1;
      return next.call(this);
    };
    return () => (prototype.next = next);
  });
  try {
    await act();
  } finally {
    for (let index = 0; index < undo.length; index++) undo[index]?.();
  }
  return steps;
}
