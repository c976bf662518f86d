/**
 * The registry in the memory of one process: the reference, written for reading.
 *
 * Every method does its work before it first waits: a change and the news of it are one step, and a
 * watch that starts between two changes misses none. Holder and registry are one process and freeze
 * together, so no lease ends by its time.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ContractDescriptor } from "../../../contract/descriptor.ts";
import { type Code, ReefError } from "../../../core/errors.ts";
import { Feed } from "../../../core/feed.ts";
import {
  grantEnded,
  parseExpectation,
  parseNode,
  parseRegistration,
  updateTooLate,
} from "../contract.ts";
import * as defaults from "../index.ts";
import type {
  Grant,
  Lease,
  LeaseOptions,
  Node,
  NodeChange,
  RegisterOptions,
  Registry,
  RegistryEvent,
  RegistryLimits,
  RegistryNews,
  RegistryScope,
  ServiceName,
  ServiceView,
  WaitOptions,
} from "../index.ts";

/** A registry in the memory of this process: the reference, and what one platform on one machine uses. */
export function createMemoryRegistry(limits: RegistryLimits = {}): Registry {
  return new MemoryRegistry(limits);
}

/** A service that has a node or is expected. */
interface Entry extends ServiceName {
  /** By id, in the order in which they came. */
  readonly nodes: Map<string, Node>;
  expectations: number;
}

class MemoryRegistry implements Registry {
  readonly #nodesMax: number;
  readonly #expectationsMax: number;
  readonly #epoch = randomUUID();
  #revision = 0;
  /** By namespace and service: a service costs the same however many others there are. */
  readonly #entries = new Map<string, Entry>();
  readonly #ids = new Set<string>();
  #expectations = 0;
  /** By digest, as JSON, with how many nodes refer to it. */
  readonly #contracts = new Map<string, { readonly json: string; references: number }>();
  readonly #feed: Feed<RegistryEvent>;

  constructor({
    nodesMax = defaults.nodesMax,
    expectationsMax = defaults.expectationsMax,
    watchBacklogMax = defaults.watchBacklogMax,
  }: RegistryLimits) {
    this.#nodesMax = nodesMax;
    this.#expectationsMax = expectationsMax;
    this.#feed = new Feed({ backlogMax: watchBacklogMax });
  }

  async register(node: Node, options: RegisterOptions): Promise<Lease> {
    options.signal?.throwIfAborted();
    const parsed = parseRegistration(node, options);
    const { id } = parsed;
    if (this.#ids.has(id)) {
      const rule =
        "another lease holds its id; register under another, or when that lease has ended";
      throw refusal("already_exists", `register node "${id}": ${rule}`);
    }
    if (this.#ids.size >= this.#nodesMax) {
      const rule = `the registry is full with ${this.#nodesMax}; end leases that nobody needs`;
      throw refusal("resource_exhausted", `register node "${id}": ${rule}`);
    }
    this.#ids.add(id);
    this.#keepContract(parsed.contractDigest, options.contract);
    let listed = this.#put(parsed);

    const grant = grantUntil(`node "${id}" listed`, () => this.#remove(listed));
    return {
      ...grant,
      get node() {
        return listed;
      },
      update: async (change: NodeChange, { signal }: WaitOptions = {}) => {
        signal?.throwIfAborted();
        if (grant.lost.aborted) throw updateTooLate(id);
        // Only what may change: whatever else came in the change is not read.
        const { state = listed.state, addresses = listed.addresses } = change;
        const { metadata = listed.metadata } = change;
        listed = this.#put(parseNode({ ...listed, state, addresses, metadata }));
      },
    };
  }

  async expect(name: ServiceName, options: LeaseOptions = {}): Promise<Grant> {
    options.signal?.throwIfAborted();
    const expected = parseExpectation(name, options);
    if (this.#expectations >= this.#expectationsMax) {
      const rule = `the registry is full with ${this.#expectationsMax} expectations; end those that nobody needs`;
      throw refusal("resource_exhausted", `expect service "${expected.service}": ${rule}`);
    }
    this.#count(expected, 1);
    const held = `service "${expected.service}" expected`;
    return grantUntil(held, () => this.#count(expected, -1));
  }

  async resolve(name: ServiceName, { signal }: WaitOptions = {}): Promise<ServiceView> {
    signal?.throwIfAborted();
    const { namespace, service } = name;
    return viewOf(this.#entries.get(keyOf(name)) ?? emptyEntry({ namespace, service }));
  }

  async list(scope: RegistryScope = {}): Promise<readonly ServiceView[]> {
    scope.signal?.throwIfAborted();
    const byName = this.#entriesIn(scope).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    return byName.map(viewOf);
  }

  async contract(digest: string, { signal }: WaitOptions = {}): Promise<ContractDescriptor> {
    signal?.throwIfAborted();
    const kept = this.#contracts.get(digest);
    if (!kept) {
      const rule = "no node that is listed promises it; ask for the contractDigest of one that is";
      throw refusal("not_found", `find contract "${digest}": ${rule}`);
    }
    return JSON.parse(kept.json);
  }

  watch(scope: RegistryScope = {}): AsyncIterable<RegistryEvent> {
    const wants = (event: RegistryEvent) => {
      return event.kind !== "present" && isIn(scope, "node" in event ? event.node : event);
    };
    const { signal } = scope;
    return {
      [Symbol.asyncIterator]: () =>
        this.#feed.read({ present: this.#present(scope), wants, signal }),
    };
  }

  /** Lists a node, or what it has become. */
  #put(node: Node): Node {
    const listed = freeze(node);
    const entry = this.#entry(listed);
    entry.nodes.set(listed.id, listed);
    this.#tell({ kind: "node", node: listed });
    return listed;
  }

  #remove(node: Node): void {
    const entry = this.#entry(node);
    entry.nodes.delete(node.id);
    this.#ids.delete(node.id);
    this.#dropContract(node.contractDigest);
    this.#forgetEmpty(entry);
    this.#tell({ kind: "gone", node });
  }

  #count(name: ServiceName, change: 1 | -1): void {
    const entry = this.#entry(name);
    const before = entry.expectations > 0;
    entry.expectations += change;
    this.#expectations += change;
    const expected = entry.expectations > 0;
    this.#forgetEmpty(entry);
    if (expected !== before) this.#tell({ kind: "expected", expected, ...name });
  }

  #entry(name: ServiceName): Entry {
    const key = keyOf(name);
    const entry = this.#entries.get(key) ?? emptyEntry(name);
    this.#entries.set(key, entry);
    return entry;
  }

  #entriesIn(scope: RegistryScope): Entry[] {
    const { namespace, service } = scope;
    if (namespace === undefined || service === undefined) {
      return [...this.#entries.values()].filter((entry) => isIn(scope, entry));
    }
    const entry = this.#entries.get(keyOf({ namespace, service }));
    return entry ? [entry] : [];
  }

  /** Whatever has no node and is not expected leaves nothing behind. */
  #forgetEmpty(entry: Entry): void {
    if (entry.nodes.size === 0 && entry.expectations === 0) this.#entries.delete(keyOf(entry));
  }

  #keepContract(digest: string, contract: ContractDescriptor): void {
    const kept = this.#contracts.get(digest) ?? { json: JSON.stringify(contract), references: 0 };
    kept.references += 1;
    this.#contracts.set(digest, kept);
  }

  #dropContract(digest: string): void {
    const kept = this.#contracts.get(digest);
    assert(kept, "a contract is kept for each reference to it");
    kept.references -= 1;
    if (kept.references === 0) this.#contracts.delete(digest);
  }

  #present(scope: RegistryScope): RegistryEvent[] {
    const present: RegistryNews[] = [];
    for (const { namespace, service, nodes, expectations } of this.#entriesIn(scope)) {
      for (const node of nodes.values()) present.push({ kind: "node", node });
      if (expectations > 0) present.push({ kind: "expected", expected: true, namespace, service });
    }
    present.push({ kind: "present" });
    return present.map((news) => this.#event(news));
  }

  #tell(news: RegistryNews): void {
    this.#revision += 1;
    this.#feed.tell(this.#event(news));
  }

  #event(news: RegistryNews): RegistryEvent {
    return Object.freeze({ epoch: this.#epoch, revision: this.#revision, ...news });
  }
}

/** No name has a space in it. */
function keyOf({ namespace, service }: ServiceName): string {
  return `${namespace} ${service}`;
}

function emptyEntry({ namespace, service }: ServiceName): Entry {
  return { namespace, service, nodes: new Map(), expectations: 0 };
}

function viewOf({ namespace, service, expectations, nodes }: Entry): ServiceView {
  return { namespace, service, expected: expectations > 0, nodes: [...nodes.values()] };
}

function isIn(scope: RegistryScope, { namespace, service }: ServiceName): boolean {
  const { namespace: onlyNamespace = namespace, service: onlyService = service } = scope;
  return namespace === onlyNamespace && service === onlyService;
}

/** `end` runs at the first disposal; `held` is as in `grantEnded`. */
function grantUntil(held: string, end: () => void): Grant {
  const lost = new AbortController();
  return {
    lost: lost.signal,
    [Symbol.asyncDispose]: async () => {
      if (lost.signal.aborted) return;
      end();
      lost.abort(grantEnded("cancelled", held, "its holder gave it back"));
    },
  };
}

function freeze(node: Node): Node {
  Object.freeze(node.addresses);
  Object.freeze(node.metadata);
  return Object.freeze(node);
}

function refusal(code: Code, text: string): ReefError {
  return new ReefError(code, `Cannot ${text}`, { maybeExecuted: false });
}
