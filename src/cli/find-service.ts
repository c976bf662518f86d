/** From a name that somebody typed to the contract of a service that is there. */
import { type Node, platformNamespace, type ServiceView } from "../blocks/registry/index.ts";
import type { ContractDescriptor, MethodDescriptor } from "../contract/descriptor.ts";
import { isReservedName } from "../contract/reserved-names.ts";
import { compareVersions } from "../contract/version.ts";
import { parseVersionRange, type VersionRange } from "../contract/version-range.ts";
import type { CommandContext } from "./command.ts";
import { failure, usageError } from "./failure.ts";
import { didYouMean } from "../core/suggest.ts";
import { note } from "./print.ts";

/** How long a service that is expected may take to come back: as long as a call would wait for it. */
const expectedWaitMs = 5_000;

export interface FoundService {
  readonly name: string;
  readonly namespace: string;
  readonly nodes: readonly Node[];
  readonly descriptor: ContractDescriptor;
}

/**
 * The service with the contract of its newest ready node, of `greeter@1` or `greeter@^1.2` of the newest in that range;
 * waits for one that is expected.
 * @throws {ReefError} `not_found` with a suggestion; `failed_precondition` for a version that is not there;
 *   `unavailable` when an expected service does not come
 */
export async function findService(context: CommandContext, word: string): Promise<FoundService> {
  const { registry } = await context.platform();
  const { signal } = context;
  const { name, range } = readServiceWord(word);
  let view = await resolve(context, name);
  if (view.nodes.length === 0 && !view.expected) throw await notFound(context, name);
  if (view.nodes.length === 0) view = await waitForNode(context, view);
  const newest = newestNode(view.nodes, range);
  if (newest === undefined && view.nodes.length > 0) throw otherVersions(word, view.nodes);
  if (newest === undefined) throw notReady(name);
  const descriptor = await registry.contract(newest.contractDigest, { signal });
  return { name, namespace: view.namespace, nodes: view.nodes, descriptor };
}

/** In the namespace of the command or, where it is not there, in the nearest base that has it. */
async function resolve(context: CommandContext, service: string): Promise<ServiceView> {
  const { registry, namespaces } = await context.platform();
  const { signal } = context;
  // A block is listed once, whoever's data a call of it is about.
  const namespace = isReservedName(service) ? platformNamespace : context.namespace;
  const own = await registry.resolve({ namespace, service }, { signal });
  const isThere = ({ nodes, expected }: ServiceView) => nodes.length > 0 || expected;
  for (let view = own; ;) {
    if (isThere(view)) return view;
    // oxlint-disable-next-line no-await-in-loop -- each base says which is the next
    const base = (await namespaces.get(view.namespace, { signal }))?.base;
    if (base === undefined) return own;
    // oxlint-disable-next-line no-await-in-loop
    view = await registry.resolve({ namespace: base, service }, { signal });
  }
}

/** The service if a node of it is there now, of a version in the range: who only looks does not wait. */
export async function presentService(
  context: CommandContext,
  name: string,
  version = "*",
): Promise<FoundService | undefined> {
  const { registry } = await context.platform();
  const { signal } = context;
  const { nodes, namespace } = await resolve(context, name);
  const newest = newestNode(nodes, parseVersionRange(version));
  if (newest === undefined) return undefined;
  const descriptor = await registry.contract(newest.contractDigest, { signal });
  return { name, namespace, nodes, descriptor };
}

/**
 * The method of that name.
 * @throws {ReefError} usage, with a suggestion
 */
export function findMethod(descriptor: ContractDescriptor, name: string): MethodDescriptor {
  const { methods } = descriptor;
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method) return method;
  const hint = didYouMean(name, Object.keys(methods));
  throw usageError(`Service "${descriptor.name}" has no method "${name}"${hint}`, {
    tryNext: `reef ${descriptor.name} --help`,
  });
}

async function waitForNode(context: CommandContext, view: ServiceView): Promise<ServiceView> {
  const { registry } = await context.platform();
  const { namespace, service } = view;
  const limit = new AbortController();
  const waitMs = context.globals.timeout ?? expectedWaitMs;
  const timer = context.clock.after(waitMs, () => limit.abort());
  const signal = AbortSignal.any([context.signal, limit.signal]);
  try {
    await note(context, `Waiting for "${service}", which is starting ...`);
    for await (const event of registry.watch({ namespace, service, signal })) {
      if (event.kind === "node") return { ...view, nodes: [event.node] };
    }
  } finally {
    timer.cancel();
  }
  context.signal.throwIfAborted();
  throw notReady(service);
}

/** Ready before others, then the highest version: what a new caller will most likely meet. */
function newestNode(nodes: readonly Node[], range: VersionRange): Node | undefined {
  const inRange = nodes.filter(({ version }) => range.has(version));
  const ready = inRange.filter(({ state }) => state === "ready");
  const candidates = ready.length > 0 ? ready : inRange;
  return candidates.toSorted((a, b) => compareVersions(b.version, a.version))[0];
}

/** `greeter@2` asks for a version; most words do not. */
function readServiceWord(word: string): {
  readonly name: string;
  readonly range: VersionRange;
} {
  const [name = "", version = "*"] = word.split("@", 2);
  return { name, range: parseVersionRange(version) };
}

function otherVersions(word: string, nodes: readonly Node[]) {
  const { name, range } = readServiceWord(word);
  const versions = [...new Set(nodes.map(({ version }) => version))].toSorted(compareVersions);
  const there = versions.join(", ");
  const message = `Cannot find version ${range.text} of "${name}": ${there} is there`;
  return failure("failed_precondition", message, {
    tryNext: `reef describe ${name}@${versions.at(-1)}`,
  });
}

function notReady(name: string) {
  return failure(
    "unavailable",
    `Cannot reach service "${name}": it is expected to run, but no node of it is there`,
    { tryNext: `reef logs ${name}` },
  );
}

async function notFound({ platform, namespace, signal }: CommandContext, name: string) {
  const { registry } = await platform();
  const views = await registry.list({ signal });
  const elsewhere = views.find((view) => view.service === name);
  const here = views.filter((view) => view.namespace === namespace).map((view) => view.service);
  const rule = `no service of that name is in namespace "${namespace}"`;
  if (elsewhere) {
    const other = `it is in namespace "${elsewhere.namespace}"`;
    const tryNext = `reef describe ${name} --namespace ${elsewhere.namespace}`;
    return failure("not_found", `Cannot find service "${name}": ${rule}; ${other}`, { tryNext });
  }
  const hint = didYouMean(name, here);
  return failure("not_found", `Cannot find service "${name}": ${rule}${hint}`, {
    tryNext: "reef services",
  });
}
