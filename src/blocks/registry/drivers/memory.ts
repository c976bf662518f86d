/**
 * The registry in the memory of one process: the reference, written for reading.
 *
 * Every method does its work before it first waits: a change and the news of it are one step, and a watch that starts
 * between two changes misses none. Holder and registry are one process and freeze together, so no lease ends by its
 * time.
 */
import { randomUUID } from "node:crypto";
import type { ContractDescriptor } from "../../../contract/descriptor.ts";
import { type Code, ReefError } from "../../../core/errors.ts";
import { Feed } from "../../../core/feed.ts";
import { parseExpectation, parseNode, parseRegistration, updateTooLate } from "../contract.ts";
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
import { Contracts } from "./memory/contracts.ts";
import { grantUntil } from "./memory/grant-until.ts";
import { othersOfMajor } from "./memory/others-of-major.ts";
import { isIn, Services, viewOf } from "./memory/services.ts";

/** A registry in the memory of this process: the reference, and what one platform on one machine uses. */
export function createMemoryRegistry(limits: RegistryLimits = {}): Registry {
  return new MemoryRegistry(limits);
}

class MemoryRegistry implements Registry {
  readonly #nodesMax: number;
  readonly #expectationsMax: number;
  readonly #epoch = randomUUID();
  #revision = 0;
  readonly #services = new Services();
  readonly #ids = new Set<string>();
  #expectations = 0;
  readonly #contracts = new Contracts();
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
    const others = () => othersOfMajor(parsed, this.#services.find(parsed)?.nodes.values() ?? []);
    // Before anything is decided, because it waits.
    const judge = others().size > 0 && (await import("./memory/refuse-breaking.ts"));
    if (this.#ids.has(id)) {
      const rule =
        "another lease holds its id; register under another, or when that lease has ended";
      throw refusal("already_exists", `register node "${id}": ${rule}`);
    }
    if (this.#ids.size >= this.#nodesMax) {
      const rule = `the registry is full with ${this.#nodesMax}; end leases that nobody needs`;
      throw refusal("resource_exhausted", `register node "${id}": ${rule}`);
    }
    const { contract } = options;
    const contractOf = (digest: string) => this.#contracts.find(digest);
    if (judge) judge.refuseBreaking({ node: parsed, contract, others: others(), contractOf });
    this.#ids.add(id);
    this.#contracts.keep(parsed.contractDigest, options.contract);
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
    const entry = this.#services.find(name);
    if (entry) return viewOf(entry);
    const { namespace, service } = name;
    return { namespace, service, expected: false, nodes: [] };
  }

  async list(scope: RegistryScope = {}): Promise<readonly ServiceView[]> {
    scope.signal?.throwIfAborted();
    return this.#services.sorted(scope).map(viewOf);
  }

  async contract(digest: string, { signal }: WaitOptions = {}): Promise<ContractDescriptor> {
    signal?.throwIfAborted();
    const kept = this.#contracts.find(digest);
    if (kept) return kept;
    const rule = "no node that is listed promises it; ask for the contractDigest of one that is";
    throw refusal("not_found", `find contract "${digest}": ${rule}`);
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
    this.#services.open(listed).nodes.set(listed.id, listed);
    this.#tell({ kind: "node", node: listed });
    return listed;
  }

  #remove(node: Node): void {
    const entry = this.#services.open(node);
    entry.nodes.delete(node.id);
    this.#services.changed(entry);
    this.#ids.delete(node.id);
    this.#contracts.drop(node.contractDigest);
    this.#tell({ kind: "gone", node });
  }

  #count(name: ServiceName, change: 1 | -1): void {
    const entry = this.#services.open(name);
    const before = entry.expectations > 0;
    entry.expectations += change;
    this.#expectations += change;
    const expected = entry.expectations > 0;
    this.#services.changed(entry);
    if (expected !== before) this.#tell({ kind: "expected", expected, ...name });
  }

  #present(scope: RegistryScope): RegistryEvent[] {
    const present: RegistryNews[] = [];
    for (const { namespace, service, nodes, expectations } of this.#services.in(scope)) {
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

function freeze(node: Node): Node {
  Object.freeze(node.addresses);
  Object.freeze(node.metadata);
  return Object.freeze(node);
}

function refusal(code: Code, text: string): ReefError {
  return new ReefError(code, `Cannot ${text}`, { maybeExecuted: false });
}
