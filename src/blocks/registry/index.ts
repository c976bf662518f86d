/**
 * The registry: which nodes of which services are there, in which state, and what they promise.
 *
 * A node is here as long as somebody holds its lease; nothing is stored. A service may be *expected* while no node of it
 * is ready (it is starting, or being replaced), so that a caller can hold a call for it and refuse one for a name that
 * nobody knows.
 */
import type { ContractDescriptor } from "../../contract/descriptor.ts";

export type NodeState = "starting" | "ready" | "draining";

/** One running instance of a service. */
export interface Node {
  /** Unique for ever: a restarted instance is another node. */
  readonly id: string;
  readonly namespace: string;
  readonly service: string;
  /** Of the contract, `1.2.0`. */
  readonly version: string;
  readonly state: NodeState;
  /** `unix:/run/x.sock`, `tcp://127.0.0.1:7000`; the first that the caller can reach is used. */
  readonly addresses: readonly string[];
  /** Names the contract: `Registry.contract(digest)`. */
  readonly contractDigest: string;
  readonly metadata: { readonly [key: string]: string };
}

/** What a node may change while it lives. */
export type NodeChange = Partial<Pick<Node, "state" | "addresses" | "metadata">>;

export interface RegisterOptions {
  /** What the node promises; kept as long as a node or an expectation refers to it. */
  readonly contract: ContractDescriptor;
  /** The node is gone when its holder was not heard of for this long. @default 10_000 */
  readonly leaseMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The right to be listed. Disposing it takes the node out at once. */
export interface Lease extends AsyncDisposable {
  readonly node: Node;
  /**
   * Changes what is listed.
   * @throws {ReefError} `failed_precondition` when the lease has ended
   */
  update(change: NodeChange, options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** Fires when the lease ended for any reason; its reason is a ReefError that says which. */
  readonly lost: AbortSignal;
}

/** A service by name, with the nodes that are there now. */
export interface ServiceView {
  readonly namespace: string;
  readonly service: string;
  /** Somebody promised that it comes back: a call may be held for it. */
  readonly expected: boolean;
  readonly nodes: readonly Node[];
}

/**
 * What a watch yields: first the present (a `node` for each node, an `expected` for each expected service, then one
 * `present`), then each change once, in order. `revision` rises by one with every change of the registry; `epoch` is
 * another after the registry restarted, when an empty present means "nobody has come back yet", not "nobody is there".
 */
export type RegistryEvent = { readonly epoch: string; readonly revision: number } & (
  | { readonly kind: "node"; readonly node: Node }
  | { readonly kind: "gone"; readonly node: Node }
  | {
      readonly kind: "expected";
      readonly namespace: string;
      readonly service: string;
      readonly expected: boolean;
    }
  | { readonly kind: "present" }
);

export interface RegistryScope {
  /** Only this namespace; absent: all of them. */
  readonly namespace?: string;
  /** Only this service. */
  readonly service?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Registry {
  /**
   * Lists a node until its lease ends.
   * @throws {ReefError} `already_exists` when the id is held by another lease; `invalid_argument` for a bad name or address;
   *   `resource_exhausted` beyond `nodesMax`
   */
  register(node: Node, options: RegisterOptions): Promise<Lease>;

  /**
   * Says that a service is to be there, whether or not a node is. Ends when it is disposed; several may hold the same
   * expectation, and the service is expected until the last of them ends.
   * @throws {ReefError} `invalid_argument` for a bad name
   */
  expect(
    service: { readonly namespace: string; readonly service: string },
    options?: { signal?: AbortSignal | undefined },
  ): Promise<AsyncDisposable>;

  /** A service with its nodes, at the cost of its own nodes however many others there are. Unknown: not expected, no nodes. */
  resolve(
    service: { readonly namespace: string; readonly service: string },
    options?: { signal?: AbortSignal | undefined },
  ): Promise<ServiceView>;

  /** Every service that has a node or is expected, sorted by namespace, then name. */
  list(scope?: RegistryScope): Promise<readonly ServiceView[]>;

  /**
   * The contract with this digest.
   * @throws {ReefError} `not_found` when no node and no expectation refers to it any more
   */
  contract(
    digest: string,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<ContractDescriptor>;

  /**
   * The present, then every change. Ends when `signal` fires (without an error) or the iteration is left.
   * @throws {ReefError} `resource_exhausted` when the reader falls `watchBacklogMax` events behind
   */
  watch(scope?: RegistryScope): AsyncIterable<RegistryEvent>;
}

/** Nodes in one registry; beyond it somebody is registering in a loop. */
export const nodesMax = 100_000;

/** Events held for one slow reader of a watch before it is cut off. */
export const watchBacklogMax = 10_000;

/** The default of `RegisterOptions.leaseMs`: three missed heartbeats of a holder that froze. */
export const leaseDefaultMs = 10_000;
