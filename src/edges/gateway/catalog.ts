/**
 * The services that the gateway can call, each with a client of the newest contract of each of its major versions. It
 * is fed by a watch of the registry, so that no request waits for one.
 */
import type { Node, Registry } from "../../blocks/registry/index.ts";
import { rawContract } from "../../contract/raw-contract.ts";
import { rawProtobufContract } from "../../contract/raw-protobuf-contract.ts";
import { isReservedName } from "../../contract/reserved-names.ts";
import { majorOf } from "../../contract/version.ts";
import { backoffMs } from "../../core/backoff.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Client } from "../../rpc/client.ts";
import type { ServedContract } from "./open-api-pages.ts";
import { protobufLimits } from "./protobuf-limits.ts";
import { Routes } from "./routes.ts";
import type { ServedCatalog } from "./served-catalog.ts";
import {
  newestNodes,
  type ServedVersion,
  type ServedVersions,
  unversionedOf,
  versionHoldMs,
} from "./served-versions.ts";
import { ServiceWatch, type WatchedService } from "../../rpc/service-watch.ts";
import { type Connect, Upstream } from "./upstream.ts";

export interface CatalogOptions {
  readonly registry: Registry;
  readonly connect: Connect;
  readonly namespace: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** Those of the platform that can be called, the same in each namespace. @default none */
  readonly blocks?: readonly Upstream[] | undefined;
}

/** A line of `GET /services`. Addresses are missing on purpose: the outside comes in through here. */
export interface ListedService {
  readonly name: string;
  readonly namespace: string;
  /** Of the contract that is served; absent while there is none. */
  readonly version?: string;
  readonly nodes: readonly Pick<Node, "id" | "version" | "state">[];
}

export class Catalog implements ServedCatalog, AsyncDisposable {
  readonly routes = new Routes();
  readonly #options: CatalogOptions;
  readonly #watch: ServiceWatch;
  readonly #present = Promise.withResolvers<void>();
  readonly #closing = new AbortController();
  readonly #services = new Map<string, ServedVersions>();
  /** By their names, which no service has. */
  readonly #blocks: ReadonlyMap<string, Upstream>;
  /** Those of them without methods. */
  readonly #forwarded = new Set<string>();
  /** Contracts being fetched and clients being given back. */
  readonly #tasks = new Set<Promise<void>>();
  #watching: Promise<void> | undefined;
  #generation = 0;
  #isOpen = false;

  constructor(options: CatalogOptions) {
    const { registry, namespace, clock, log, blocks = [] } = options;
    this.#options = options;
    this.#blocks = new Map(blocks.map((each) => [each.descriptor.name, each]));
    for (const [name, block] of this.#blocks) {
      this.routes.set(name, block);
      this.routes.set(versionedKey(name, majorOf(block.descriptor.version)), block);
    }
    // Where RFC 8414 and OpenID Connect put keys, programs of others look for them.
    this.routes.addAlias("/.well-known/jwks.json", "auth", "keys");
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

  get namespace(): string {
    return this.#options.namespace;
  }

  /** Whether `open` has resolved. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  namespaceOf(_service: string): string {
    return this.namespace;
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

  /** The contracts that can be called, each once: a version that needs none in its path is there without one. */
  served(): readonly ServedContract[] {
    const blocks = [...this.#blocks.values()].map(({ descriptor }) => {
      return { path: `/${descriptor.name}`, type: "block" as const, descriptor };
    });
    const services = [...this.#services].flatMap(([name, { byMajor, unversioned }]) => {
      if (this.#forwarded.has(name)) return [];
      return [...byMajor.values()].flatMap(({ major, upstream }) => {
        if (!upstream) return [];
        const path = upstream === unversioned ? `/${name}` : `/${versionedKey(name, major)}`;
        return { path, descriptor: upstream.descriptor };
      });
    });
    return [...services, ...blocks];
  }

  servedAt(path: string): ServedContract | undefined {
    const upstream = this.routes.upstreamOf(path.slice(1));
    if (!upstream || this.forwards(upstream.descriptor.name)) return undefined;
    return { path, type: upstream.type, descriptor: upstream.descriptor };
  }

  list(): readonly ListedService[] {
    const { namespace } = this;
    const services = [...this.#watch.services].filter(({ name }) => !isReservedName(name));
    return services
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, nodes }) => {
        const version = this.#services.get(name)?.unversioned?.descriptor.version;
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
    for (const name of this.#services.keys()) this.#forget(name);
    await Promise.all(this.#tasks);
  }

  #changed({ name, nodes, expected }: WatchedService): void {
    if (isReservedName(name)) {
      if (nodes.size > 0)
        this.#options.log.warn(`"${name}" is reserved and not served by the gateway`);
      return;
    }
    if (nodes.size === 0 && !expected) return this.#forget(name);
    this.routes.expect(name);
    const newest = newestNodes(nodes.values());
    const known = this.#services.get(name);
    if (!known && newest.size === 0) return;
    const service = known ?? emptyService();
    this.#services.set(name, service);
    service.present = newest.size > 0;
    for (const [major, { contractDigest }] of newest) {
      const version = service.byMajor.get(major);
      version?.leaving?.cancel();
      if (version) version.leaving = undefined;
      if (version?.wanted !== contractDigest) this.#want(name, service, major, contractDigest);
    }
    // While it has no node at all, it restarts, and its callers wait for it.
    if (service.present) this.#letLeave(name, service, newest);
  }

  #want(name: string, service: ServedVersions, major: number, digest: string): void {
    const known = service.byMajor.get(major);
    const version = known ?? { major, wanted: digest, upstream: undefined, leaving: undefined };
    version.wanted = digest;
    service.byMajor.set(major, version);
    this.#track(this.#fetch(name, version, digest, 1));
  }

  #letLeave(name: string, service: ServedVersions, newest: ReadonlyMap<number, Node>): void {
    for (const version of service.byMajor.values()) {
      if (newest.has(version.major) || version.leaving) continue;
      const leave = (): void => {
        version.leaving = undefined;
        if (!service.present) return;
        service.byMajor.delete(version.major);
        version.wanted = "";
        this.routes.delete(versionedKey(name, version.major));
        this.#point(name, service);
        this.#generation += 1;
        if (version.upstream) this.#retire(version.upstream);
      };
      version.leaving = this.#options.clock.after(versionHoldMs, leave, { background: true });
    }
  }

  #forget(name: string): void {
    const service = this.#services.get(name);
    this.#services.delete(name);
    this.routes.delete(name);
    this.#forwarded.delete(name);
    if (!service) return;
    this.#generation += 1;
    for (const { major, upstream, leaving } of service.byMajor.values()) {
      leaving?.cancel();
      this.routes.delete(versionedKey(name, major));
      if (upstream) this.#retire(upstream);
    }
    if (this.#closing.signal.aborted) return;
    this.#options.log.info(`"${name}" is gone`, { service: name });
  }

  async #fetch(
    name: string,
    version: ServedVersion,
    digest: string,
    attempt: number,
  ): Promise<void> {
    const { registry, connect, namespace, clock, log } = this.#options;
    const { signal } = this.#closing;
    const isWanted = (): boolean => {
      const service = this.#services.get(name);
      return service?.byMajor.get(version.major) === version && version.wanted === digest;
    };
    try {
      const descriptor = await registry.contract(digest, { signal });
      const service = this.#services.get(name);
      if (service && isWanted() && !signal.aborted) {
        const client = connect(rawContract(descriptor), { namespace });
        const connectProtobuf = (): Client => {
          return connect(rawProtobufContract(descriptor, protobufLimits), { namespace });
        };
        const upstream = new Upstream({ namespace, descriptor, digest, client, connectProtobuf });
        this.#serve(name, service, version, upstream);
      }
    } catch (error) {
      if (signal.aborted || !isWanted()) return;
      log.warn(`The contract of "${name}" could not be used`, { service: name, error });
      // Not waited for by `open`: a contract that cannot be used must not hold up the others.
      void sleep(backoffMs(attempt), { clock, signal, background: true }).then(
        () => isWanted() && this.#track(this.#fetch(name, version, digest, attempt + 1)),
        ignoreStop,
      );
    }
  }

  #serve(name: string, service: ServedVersions, version: ServedVersion, upstream: Upstream): void {
    const { log } = this.#options;
    const { version: number, methods } = upstream.descriptor;
    for (const error of this.routes.set(versionedKey(name, version.major), upstream)) {
      log.warn(`A binding of "${name}" is not served`, { service: name, error });
    }
    log.debug(`"${name}" ${number} can be called`, {
      service: name,
      methods: Object.keys(methods),
    });
    const replaced = version.upstream;
    version.upstream = upstream;
    this.#point(name, service);
    this.#generation += 1;
    if (replaced) this.#retire(replaced);
  }

  /** Lets paths without a version mean what they now should. */
  #point(name: string, service: ServedVersions): void {
    const { unversioned: before } = service;
    const after = unversionedOf(service);
    if (!after || after === before) return;
    service.unversioned = after;
    this.routes.set(name, after);
    if (Object.keys(after.descriptor.methods).length === 0) this.#forwarded.add(name);
    else this.#forwarded.delete(name);
    const [from, to] = [before, after].map((one) => one && majorOf(one.descriptor.version));
    if (from === undefined || from === to) return;
    this.#options.log.warn(`Paths of "${name}" without a version mean version ${to} now`, {
      service: name,
      before: from,
    });
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

/** The name of a version's routes, and of its paths. */
function versionedKey(name: string, major: number): string {
  return `v${major}/${name}`;
}

function emptyService(): ServedVersions {
  return { byMajor: new Map(), present: false, unversioned: undefined };
}

/** Nothing is left to do when the gateway stops. */
function ignoreStop(): void {}
