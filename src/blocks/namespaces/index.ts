/**
 * Namespaces: tenants, and branches of them. The same name in two namespaces is two things: a service, an account, a
 * table of the store.
 *
 * A namespace may name a *base* for the services that it lacks, as a branch does that changes one of many: a call of a
 * service that is not in the branch goes to the base, never the other way, and never for data. Quotas say how much of
 * the platform it may take.
 *
 * `default`, whose owners look after all others, and the platform's own `reef` are always there. Every method may fail
 * as the store that it stands on does.
 */

/** Of each method: `signal` ends the waiting, with its reason. A change may then be done. */
export type WaitOptions = { readonly signal?: AbortSignal | undefined };

/** The most that a namespace may have; what is absent has no limit but that of the platform. */
export interface Quotas {
  /** Services that run or are listed, each counted once however many nodes it has. */
  readonly services?: number | undefined;
  /** Entries in its database. */
  readonly keys?: number | undefined;
  /** Of the keys and values in its database. */
  readonly bytes?: number | undefined;
  /** At each entrance and at each node of a service, which count for themselves. */
  readonly callsPerSecond?: number | undefined;
}

/** How a quota is called. */
export type QuotaName = keyof Quotas;

/** A tenant, or a branch. */
export interface Namespace {
  /** One label of a DNS name: `a` to `z`, digits and hyphens, at most 63; a letter comes first, and no hyphen last. */
  readonly name: string;
  /** Where services are looked for that are not here. */
  readonly base?: string | undefined;
  readonly quotas: Quotas;
  /** Wall clock, milliseconds since 1970. */
  readonly createdMs: number;
}

/** What a namespace is made of. */
export interface NewNamespace {
  readonly name: string;
  readonly base?: string | undefined;
  readonly quotas?: Quotas | undefined;
}

/** What is left out stays. */
export interface NamespaceChange {
  readonly base?: string | undefined;
  readonly quotas?: Quotas | undefined;
  /** What it has no more. */
  readonly without?: readonly ("base" | QuotaName)[] | undefined;
}

/** One page; without a `cursor` it is the last. */
export type Page = { readonly items: readonly Namespace[]; readonly cursor?: string };

/** Where a page begins: behind the one whose `cursor` this is. */
export type PageOptions = WaitOptions & { readonly cursor?: string | undefined };

/** `force`: what runs there is ended, and what is kept there deleted. @default false */
export type DeleteOptions = WaitOptions & { readonly force?: boolean | undefined };

/** First all that are there, then one `complete`, then each change. */
export type NamespaceEvent =
  | { readonly kind: "namespace"; readonly namespace: Namespace }
  | { readonly kind: "gone"; readonly name: string }
  | { readonly kind: "complete" };

/** The block. Bad input is an `invalid_argument`; a namespace that is not there, a `not_found`. */
export interface Namespaces {
  /**
   * With its first rules, and nobody in it.
   * @throws {ReefError} `already_exists`; `not_found` for a base that is not there; `failed_precondition` for one that
   *   would be its own base, or `basesMax` bases away from the last; `resource_exhausted` beyond `namespacesMax`
   */
  create(namespace: NewNamespace, options?: WaitOptions): Promise<Namespace>;
  get(name: string, options?: WaitOptions): Promise<Namespace | undefined>;
  /** In the order of their names. */
  list(options?: PageOptions): Promise<Page>;
  /**
   * @throws {ReefError} `not_found`; about the base as `create`, and `failed_precondition` for a base of `default`, and
   *   for `reef`, which stays as it is
   */
  change(name: string, change: NamespaceChange, options?: WaitOptions): Promise<Namespace>;
  /**
   * With its accounts and rules. Whether it was there.
   * @throws {ReefError} `failed_precondition` for the first two, for the base of another, and, unless it is forced,
   *   while something runs or is kept there
   */
  delete(name: string, options?: DeleteOptions): Promise<boolean>;
  /** Ends when `signal` fires (no error) or it is left. @throws {ReefError} `unavailable` when the way to it is lost */
  watch(options?: WaitOptions): AsyncIterable<NamespaceEvent>;
}

/** What the other blocks do for a namespace. A driver is given it, and knows none of them; each may be done twice. */
export interface Holdings {
  /** Before it is there: its first rules. */
  begin(name: string, options: WaitOptions): Promise<void>;
  /** What would be lost with it, each a phrase: `2 services run`. */
  contents(name: string, options: WaitOptions): Promise<readonly string[]>;
  /** Ends what runs there and deletes what is kept there, its accounts first, so that nobody adds to it. */
  clear(name: string, options: WaitOptions): Promise<void>;
  /** The base lets the branch in, or does not any more. */
  admit(branch: string, base: string, options: WaitOptions): Promise<void>;
  dismiss(branch: string, base: string, options: WaitOptions): Promise<void>;
}

/** Every door knows all of them, and a process names each method once for each. */
export const namespacesMax = 1_000;
/** A longer chain is a mistake, and a name that nobody knows is looked for along all of it. */
export const basesMax = 4;
/** In one page: a screen or two. */
export const pageItems = 100;
/** The largest number that a quota may be: beyond it JSON is not exact. */
export const quotaMax = Number.MAX_SAFE_INTEGER;
