/** The services that the proxy can call, by the paths of protobuf: each major version is a path of its own. */
import type { Node, Registry } from "../../blocks/registry/index.ts";
import { isReservedName } from "../../contract/reserved-names.ts";
import { protoServiceName } from "../../contract/proto-names.ts";
import { compareVersions, majorOf } from "../../contract/version.ts";
import { backoffMs } from "../../core/backoff.ts";
import { sleep } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import { addBuiltInServices } from "../../rpc/grpc/built-in-services.ts";
import { Health } from "../../rpc/grpc/health.ts";
import { type ProtoRoute, ProtoRoutes, type RouteFinder } from "../../rpc/grpc/proto-routes.ts";
import { admitReaders } from "../../rpc/grpc/shown-routes.ts";
import { type BlockDoors, namespacedClient } from "../../rpc/namespaced-client.ts";
import { ServiceWatch, type WatchedService } from "../../rpc/service-watch.ts";
import {
  type CodecName,
  codecNames,
  type Connect,
  ProxiedService,
  type ProxiedServiceOptions,
} from "./proxied-service.ts";

export interface ProxyRoutesOptions extends ProxiedServiceOptions {
  readonly registry: Registry;
  /** Those of the platform that can be called, the same in each namespace; their owner disposes them. @default none */
  readonly blocks?: readonly ProxiedService[] | undefined;
}

export class ProxyRoutes implements RouteFinder, AsyncDisposable {
  readonly #options: ProxyRoutesOptions;
  readonly #watch: ServiceWatch;
  readonly #present = Promise.withResolvers<void>();
  readonly #closing = new AbortController();
  /** They are always there; what one of them lacks its calls say. */
  readonly #blocks: readonly ProxiedService[];
  /** What is served, and what is to be: by name and major version. */
  readonly #served = new Map<string, ProxiedService>();
  readonly #wanted = new Map<string, string>();
  readonly #tasks = new Set<Promise<void>>();
  /** Those of which a node takes calls, by name and major version. */
  readonly #ready = new Set<string>();
  readonly health = new Health((name) => this.#serves(name));
  #tables: Tables;
  #watching: Promise<void> | undefined;
  #isOpen = false;

  constructor(options: ProxyRoutesOptions) {
    const { registry, namespace, clock, log } = options;
    this.#options = options;
    this.#blocks = options.blocks ?? [];
    this.#tables = this.#tablesOf([]);
    this.#watch = new ServiceWatch({
      registry,
      namespace,
      clock,
      log,
      changed: (service) => this.#changed(service),
      present: () => this.#present.resolve(),
      signal: this.#closing.signal,
    });
  }

  /** Resolves when everything that is there now can be called. */
  async open({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted();
    const onAbort = () => this.#present.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true, signal: this.#closing.signal });
    this.#watching = this.#watch.run();
    await this.#present.promise;
    await Promise.all(this.#tasks);
    this.#isOpen = true;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether the service of a path is here, or is expected to be. */
  knows(path: string): boolean {
    const [, service = ""] = path.split("/", 2);
    return this.#serves(service) !== undefined;
  }

  find(path: string, codec: CodecName): ProtoRoute | ReefError {
    return this.#tables[codec].find(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new ReefError("cancelled", "The proxy stops"));
    await this.#watching;
    await Promise.all(this.#tasks);
    await Promise.all([...this.#served.values()].map((each) => each[Symbol.asyncDispose]()));
  }

  #changed({ name, nodes, expected }: WatchedService): void {
    if (isReservedName(name)) return;
    this.#count(name, nodes.values());
    const newest = newestOfEachMajor(nodes.values());
    for (const [key, { contractDigest }] of newest) {
      if (this.#wanted.get(key) === contractDigest) continue;
      this.#wanted.set(key, contractDigest);
      this.#track(this.#fetch(key, contractDigest, 1));
    }
    // A service that restarts is waited for by its callers, so it stays while it is expected.
    if (expected) return;
    for (const key of this.#wanted.keys()) {
      if (key.startsWith(`${name}/`) && !newest.has(key)) this.#forget(key);
    }
  }

  #count(name: string, nodes: Iterable<Node>): void {
    for (const key of this.#ready) if (key.startsWith(`${name}/`)) this.#ready.delete(key);
    for (const node of nodes) if (node.state === "ready") this.#ready.add(keyOf(node));
    this.health.changed();
  }

  /** One that is known and has no node that takes calls is there, and does not serve. */
  #serves(proto: string): boolean | undefined {
    for (const [key, { descriptor }] of this.#served) {
      if (protoServiceName(descriptor) === proto) return this.#ready.has(key);
    }
    const isBlock = ({ descriptor }: ProxiedService) => protoServiceName(descriptor) === proto;
    return this.#blocks.some(isBlock) || undefined;
  }

  async #fetch(key: string, digest: string, attempt: number): Promise<void> {
    const { registry, clock, log } = this.#options;
    const { signal } = this.#closing;
    const wanted = () => this.#wanted.get(key) === digest && !signal.aborted;
    try {
      const descriptor = await registry.contract(digest, { signal });
      if (wanted()) this.#serve(key, new ProxiedService(descriptor, digest, this.#options));
    } catch (error) {
      if (!wanted()) return;
      log.warn(`The contract of "${key}" could not be used`, { service: key, error });
      // Not waited for by `open`: a contract that cannot be used must not hold up the others.
      void sleep(backoffMs(attempt), { clock, signal, background: true }).then(
        () => wanted() && this.#track(this.#fetch(key, digest, attempt + 1)),
        ignoreStop,
      );
    }
  }

  #serve(key: string, service: ProxiedService): void {
    const before = this.#served.get(key);
    this.#served.set(key, service);
    this.#rebuild(before);
  }

  #forget(key: string): void {
    this.#wanted.delete(key);
    const before = this.#served.get(key);
    this.#served.delete(key);
    this.#rebuild(before);
  }

  /** Calls that run hold their own; the client that they use is only a way to the pool of connections. */
  #rebuild(before: ProxiedService | undefined): void {
    this.#tables = this.#tablesOf([...this.#served.values()]);
    this.health.changed();
    if (before) this.#track(before[Symbol.asyncDispose]());
  }

  #tablesOf(services: readonly ProxiedService[]): Tables {
    const { doorkeeper, namespace, clock, log } = this.#options;
    const admit = doorkeeper && admitReaders({ doorkeeper, namespace });
    const tables = { protobuf: new ProtoRoutes(), json: new ProtoRoutes() };
    for (const codec of codecNames) {
      const table = tables[codec];
      for (const each of [...services, ...this.#blocks]) each.addTo(table, codec);
      addBuiltInServices(table, { health: this.health, admit, namespace, clock, log });
    }
    return tables;
  }

  #track(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }
}

/** The blocks as the proxy calls them. */
export function proxiedBlocks(
  blocks: BlockDoors,
  options: Omit<ProxiedServiceOptions, "connect">,
): ProxiedService[] {
  const connect: Connect = (contract) => namespacedClient(contract, blocks.connect(contract));
  return blocks.contracts.map(({ descriptor, digest }) => {
    return new ProxiedService(descriptor, digest, { ...options, type: "block", connect });
  });
}

type Tables = { readonly [codec in CodecName]: ProtoRoutes };

function keyOf({ service, version }: Node): string {
  return `${service}/${majorOf(version)}`;
}

/** One that takes calls rather than one that starts or leaves, then the highest version, then the last that came. */
function newestOfEachMajor(nodes: Iterable<Node>): Map<string, Node> {
  const newest = new Map<string, Node>();
  for (const node of nodes) {
    const key = keyOf(node);
    const known = newest.get(key);
    if (known === undefined || order(node, known) >= 0) newest.set(key, node);
  }
  return newest;
}

function order(a: Node, b: Node): number {
  return stateRank[a.state] - stateRank[b.state] || compareVersions(a.version, b.version);
}

const stateRank: { readonly [state in Node["state"]]: number } = {
  draining: 0,
  starting: 1,
  ready: 2,
};

/** Nothing is left to do when the proxy stops. */
function ignoreStop(): void {}
