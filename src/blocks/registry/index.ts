/**
 * The registry: which nodes of which services are there, in which state, and what they promise.
 *
 * A node is here as long as somebody holds its lease; nothing is stored. A service may be *expected* while no node of
 * it is ready, so that a caller can hold a call for it and refuse one for a name that nobody knows.
 *
 * Everything goes in and comes out as a copy. Over a wire every method may fail with `unavailable`,
 * `deadline_exceeded`.
 *
 * A namespace is a field here and not whatever the caller is in, because who finds services for others (a cache of
 * nodes, the front door, a console) watches all of them at once.
 */
import type { ContractDescriptor } from "../../contract/descriptor.ts";

/**
 * Of each method, in its last parameter: `signal` ends the waiting, with its reason, and no grant. When it had fired
 * before, nothing is done; when it fires midway, whether a change was made is unknown, and a grant that nobody got is
 * given back.
 */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
}

/** `starting` and `draining` nodes are listed but get no new calls. */
export type NodeState = "starting" | "ready" | "draining";

/** By name, inside its namespace: each is one label of a DNS name, in small letters, and begins with a letter. */
export interface ServiceName {
  readonly namespace: string;
  readonly service: string;
}

/** One running instance of a service. */
export interface Node extends ServiceName {
  /** Unique for ever: a restarted instance is another node. Letters, digits, `.`, `_`, `-`; at most `idLengthMax`. */
  readonly id: string;
  readonly version: string;
  readonly state: NodeState;
  /**
   * `unix:/run/x.sock` (a path without `.` and `..`), `tcp://127.0.0.1:7000`; at most `addressesMax`, each of at most
   * `addressLengthMax`. The first that the caller can reach is used.
   */
  readonly addresses: readonly string[];
  /** Names the contract: `Registry.contract(digest)`. */
  readonly contractDigest: string;
  /** For routing and for people; at most `metadataBytesMax` as JSON. */
  readonly metadata: { readonly [key: string]: string };
}

/** What a node may change while it lives. */
export type NodeChange = Partial<Pick<Node, "state" | "addresses" | "metadata">>;

/** How long a holder may be silent. */
export interface LeaseOptions extends WaitOptions {
  /**
   * What was granted ends when its holder was not heard of for this long. Whoever carries it speaks for the holder by
   * itself, as long as the holder's event loop turns: what ends it is a process that froze or a way that is cut.
   * Without a way between them it never ends by time. From `leaseMsMin` to `leaseMsMax`.
   * @default leaseDefaultMs
   */
  readonly leaseMs?: number;
}

/** What comes with a node when it is registered. */
export interface RegisterOptions extends LeaseOptions {
  /** What the node promises; its digest is the node's `contractDigest`. */
  readonly contract: ContractDescriptor;
}

/** The right to what was granted. Disposing it gives that back at once; a second time does nothing. */
export interface Grant extends AsyncDisposable {
  /**
   * Fires when it has ended; its reason is a ReefError: `cancelled` when the holder disposed it, `deadline_exceeded`
   * when the registry did not hear of the holder in time, `unavailable` when the way to the registry is lost (which
   * notices that itself within `leaseMs`, and only then forgets). Asking for another one is the holder's business.
   */
  readonly lost: AbortSignal;
}

/** The right to be listed. */
export interface Lease extends Grant {
  /** As it is listed now. */
  readonly node: Node;
  /**
   * Changes what is listed; whatever is not in `change` stays as it is.
   * @throws {ReefError} `failed_precondition` when the lease has ended; `invalid_argument` for a bad address or
   *   metadata, and the node stays listed as it was
   */
  update(change: NodeChange, options?: WaitOptions): Promise<void>;
}

/** A service with the nodes that are there now, in the order in which they came. */
export interface ServiceView extends ServiceName {
  /** Somebody promised that it comes back: a call may be held for it. */
  readonly expected: boolean;
  readonly nodes: readonly Node[];
}

/**
 * What a watch yields: first the present (a `node` for each node, an `expected` for each expected service, then one
 * `present`, all with the revision of that moment), then each change once, in order. `revision` rises by one with every
 * change of the registry, seen through the scope or not; `epoch` is another after the registry restarted, when an empty
 * present means "nobody has come back yet", not "nobody is there".
 */
export type RegistryEvent = { readonly epoch: string; readonly revision: number } & RegistryNews;

/** What a watch tells, one thing at a time; see `RegistryEvent` for their order. */
export type RegistryNews =
  | { readonly kind: "node"; readonly node: Node }
  | { readonly kind: "gone"; readonly node: Node }
  | ({ readonly kind: "expected"; readonly expected: boolean } & ServiceName)
  | { readonly kind: "present" };

/** Which part of the registry is meant. */
export interface RegistryScope extends WaitOptions {
  /** Only this namespace; absent: all of them. */
  readonly namespace?: string | undefined;
  /** Only this service. */
  readonly service?: string | undefined;
}

/** The block. Every method rejects with `unavailable` when the registry cannot be reached. */
export interface Registry {
  /**
   * Lists a node until its lease ends. Beside nodes of its service with the same major version it promises all that
   * they do: what breaks callers of one that is listed is refused, and what only adds is not. Major version 0 promises
   * nothing yet. A contract that this registry cannot read (a newer reef wrote it) is not compared.
   * @throws {ReefError} `invalid_argument` for a node that is not as `Node` says, or whose digest is not that of the
   *   contract; `already_exists` when another lease holds the id, be it one whose holder is gone and the registry has
   *   not noticed yet; `resource_exhausted` beyond `nodesMax`; `failed_precondition` for a contract that breaks another
   */
  register(node: Node, options: RegisterOptions): Promise<Lease>;

  /**
   * Says that a service is to be there, whether or not a node is. Several may hold the same expectation, and the
   * service is expected until the last of them ends.
   * @throws {ReefError} `invalid_argument` for a bad name; `resource_exhausted` beyond `expectationsMax`
   */
  expect(service: ServiceName, options?: LeaseOptions): Promise<Grant>;

  /**
   * A service with its nodes, at the cost of its own nodes however many others there are. A name that nobody knows, or
   * nobody could have, is not expected and has no nodes.
   */
  resolve(service: ServiceName, options?: WaitOptions): Promise<ServiceView>;

  /** Every service that has a node or is expected, by namespace, then name, in code unit order. */
  list(scope?: RegistryScope): Promise<readonly ServiceView[]>;

  /**
   * The contract with this digest, as long as a node that is listed promises it. A digest means the same contract for
   * ever, so a caller may keep it longer.
   * @throws {ReefError} `not_found` when no node promises it
   */
  contract(digest: string, options?: WaitOptions): Promise<ContractDescriptor>;

  /**
   * The present, then every change; each iteration is a watch of its own. Ends when `signal` fires (without an error)
   * or the iteration is left, and nothing of it stays behind.
   * @throws {ReefError} `resource_exhausted` when the reader falls `watchBacklogMax` changes behind, after those that
   *   were held for it; `unavailable` when the way to the registry is lost
   */
  watch(scope?: RegistryScope): AsyncIterable<RegistryEvent>;
}

/** What a driver lets its owner lower; the defaults are the constants of the same name. */
export interface RegistryLimits {
  /** @default nodesMax */
  readonly nodesMax?: number;
  /** @default expectationsMax */
  readonly expectationsMax?: number;
  /** @default watchBacklogMax */
  readonly watchBacklogMax?: number;
}

/** Of the platform's own services, which the platform itself lists there: whoever comes over a wire is refused. */
export const platformNamespace = "reef";

/** Nodes in one registry; beyond it somebody is registering in a loop. */
export const nodesMax = 100_000;
/** As for nodes. */
export const expectationsMax = 100_000;
/** Changes held for one slow reader of a watch before it is cut off. */
export const watchBacklogMax = 10_000;

/** The default of `LeaseOptions.leaseMs`: three missed heartbeats of a holder that froze. */
export const leaseDefaultMs = 10_000;
/** Shorter, and one pause of a busy machine would take a living node out. */
export const leaseMsMin = 1_000;
/** Longer, and callers would try a dead node for as long. */
export const leaseMsMax = 600_000;

/** Characters of a node's id: room for a service, a host and a random part. */
export const idLengthMax = 128;
/** More ways to one node than anybody tries in turn. */
export const addressesMax = 16;
/** Characters of an address: the longest path of a Unix socket on Linux and macOS, or a DNS name. */
export const addressLengthMax = 300;
/** Bytes of a node's metadata as JSON: each change carries it to every watch. */
export const metadataBytesMax = 8_192;
