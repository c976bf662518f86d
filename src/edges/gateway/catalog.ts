/**
 * The services that the gateway can call, each with a client of its newest contract. It is fed by a watch of the
 * registry, so that no request waits for one.
 */
import type { Node, Registry } from "../../blocks/registry/index.ts";
import { rawContract } from "../../contract/raw-contract.ts";
import { isReservedName } from "../../contract/reserved-names.ts";
import { backoffMs } from "../../core/backoff.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { ServedContract } from "./open-api-pages.ts";
import { Routes } from "./routes.ts";
import { ServiceWatch, type WatchedService } from "./service-watch.ts";
import { type Connect, Upstream } from "./upstream.ts";

export interface CatalogOptions {
  readonly registry: Registry;
  readonly connect: Connect;
  readonly namespace: string;
  readonly log: Logger;
  readonly clock: Clock;
}

/** A line of `GET /services`. Addresses are missing on purpose: the outside comes in through here. */
export interface ListedService {
  readonly name: string;
  readonly namespace: string;
  /** Of the contract that is served; absent while there is none. */
  readonly version?: string;
  readonly nodes: readonly Pick<Node, "id" | "version" | "state">[];
}

export class Catalog implements AsyncDisposable {
  readonly routes = new Routes();
  readonly #options: CatalogOptions;
  readonly #watch: ServiceWatch;
  readonly #present = Promise.withResolvers<void>();
  readonly #closing = new AbortController();
  readonly #upstreams = new Map<string, Upstream>();
  /** Those of them without methods. */
  readonly #forwarded = new Set<string>();
  /** The digest that each service is to be served by. */
  readonly #wanted = new Map<string, string>();
  /** Contracts being fetched and clients being given back. */
  readonly #tasks = new Set<Promise<void>>();
  #watching: Promise<void> | undefined;
  #generation = 0;

  constructor(options: CatalogOptions) {
    const { registry, namespace, clock, log } = options;
    this.#options = options;
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
  async open(): Promise<void> {
    this.#watching = this.#watch.run();
    await this.#present.promise;
    await Promise.all(this.#tasks);
  }

  get namespace(): string {
    return this.#options.namespace;
  }

  /** Whether there is any service whose requests are passed on. */
  get forwardsAny(): boolean {
    return this.#forwarded.size > 0;
  }

  /** Whether requests to the service are passed on: it promises nothing that could be called. */
  forwards(service: string): boolean {
    return this.#forwarded.has(service);
  }

  /** Another number whenever what is served has changed. */
  get generation(): number {
    return this.#generation;
  }

  /** The contracts that can be called. */
  served(): readonly ServedContract[] {
    const upstreams = [...this.#upstreams.values()].filter(
      ({ descriptor: { name } }) => !this.#forwarded.has(name),
    );
    return upstreams.map(({ descriptor }) => ({ path: `/${descriptor.name}`, descriptor }));
  }

  list(): readonly ListedService[] {
    const { namespace } = this;
    const services = [...this.#watch.services].filter(({ name }) => !isReservedName(name));
    return services
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, nodes }) => {
        const version = this.#upstreams.get(name)?.descriptor.version;
        const listed = [...nodes.values()].map(({ id, version, state }) => ({
          id,
          version,
          state,
        }));
        return { name, namespace, ...(version !== undefined && { version }), nodes: listed };
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new ReefError("cancelled", "The gateway stops"));
    await this.#watching;
    for (const upstream of this.#upstreams.values()) this.#retire(upstream);
    this.#upstreams.clear();
    await Promise.all(this.#tasks);
  }

  #changed({ name, nodes, expected }: WatchedService): void {
    if (isReservedName(name)) {
      if (nodes.size > 0)
        this.#options.log.warn(`"${name}" is reserved and not served by the gateway`);
      return;
    }
    if (nodes.size === 0 && !expected) return this.#forget(name);
    const newest = newestNode(nodes.values());
    if (!newest) return this.routes.expect(name);
    this.routes.expect(name);
    if (this.#wanted.get(name) === newest.contractDigest) return;
    this.#wanted.set(name, newest.contractDigest);
    this.#track(this.#fetch(name, newest.contractDigest, 1));
  }

  #forget(name: string): void {
    this.#wanted.delete(name);
    this.routes.delete(name);
    this.#forwarded.delete(name);
    const upstream = this.#upstreams.get(name);
    if (!upstream) return;
    this.#upstreams.delete(name);
    this.#generation += 1;
    this.#options.log.info(`"${name}" is gone`, { service: name });
    this.#retire(upstream);
  }

  async #fetch(name: string, digest: string, attempt: number): Promise<void> {
    const { registry, connect, namespace, clock, log } = this.#options;
    const { signal } = this.#closing;
    try {
      const descriptor = await registry.contract(digest, { signal });
      if (this.#wanted.get(name) === digest && !signal.aborted) {
        const client = connect(rawContract(descriptor), { namespace });
        this.#serve(new Upstream(descriptor, digest, client));
      }
    } catch (error) {
      if (signal.aborted || this.#wanted.get(name) !== digest) return;
      log.warn(`The contract of "${name}" could not be used`, { service: name, error });
      // Not waited for by `open`: a contract that cannot be used must not hold up the others.
      void sleep(backoffMs(attempt), { clock, signal, background: true }).then(
        () =>
          this.#wanted.get(name) === digest && this.#track(this.#fetch(name, digest, attempt + 1)),
        ignoreStop,
      );
    }
  }

  #serve(upstream: Upstream): void {
    const { log } = this.#options;
    const { name, version, methods } = upstream.descriptor;
    for (const error of this.routes.set(upstream)) {
      log.warn(`A binding of "${name}" is not served`, { service: name, error });
    }
    log.debug(`"${name}" ${version} can be called`, {
      service: name,
      methods: Object.keys(methods),
    });
    if (Object.keys(methods).length === 0) this.#forwarded.add(name);
    else this.#forwarded.delete(name);
    const replaced = this.#upstreams.get(name);
    this.#upstreams.set(name, upstream);
    this.#generation += 1;
    if (replaced) this.#retire(replaced);
  }

  #retire(upstream: Upstream): void {
    const { log } = this.#options;
    this.#track(
      upstream.retire().catch((error: unknown) => log.warn("A client did not close", { error })),
    );
  }

  #track(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }
}

/**
 * The node whose contract is served: one that takes calls rather than one that starts or leaves, then the highest
 * version, then the last that came (while somebody develops, the version stays and the contract changes).
 */
function newestNode(nodes: Iterable<Node>): Node | undefined {
  let newest: Node | undefined;
  for (const node of nodes) {
    const newer = newest === undefined || compare(node, newest) >= 0;
    if (newer) newest = node;
  }
  return newest;
}

function compare(a: Node, b: Node): number {
  const byState = stateRank[a.state] - stateRank[b.state];
  return byState || a.version.localeCompare(b.version, "en", { numeric: true });
}

const stateRank: { readonly [state in Node["state"]]: number } = {
  draining: 0,
  starting: 1,
  ready: 2,
};

/** Nothing is left to do when the gateway stops. */
function ignoreStop(): void {}
