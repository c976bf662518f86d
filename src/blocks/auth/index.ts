/**
 * Auth: who somebody is, and what that one may do.
 *
 * An account is a user or a service of one namespace. It proves itself once, by its secret, and gets two tokens: an
 * access token that every part of the platform checks by itself with the published keys, and a refresh token that is
 * good for the next pair. What an account may do, rules say; what no rule grants is forbidden.
 *
 * A change is seen by whoever watches at once: a rule, an account that is disabled, a session that is revoked take
 * effect on what is open, too. Secrets are kept as hashes, signing keys sealed, tokens not at all; each is told once,
 * when it is made. Times are of the wall clock, in milliseconds since 1970. Every method may fail as the store that it
 * stands on does.
 */
import type { Decision, Resource, Rule } from "../../core/access-rules.ts";
import type { AuditEntry, AuditFilter, AuditReport } from "../../core/audit.ts";
export type { AuditEntry, AuditFilter, AuditReport } from "../../core/audit.ts";
import type { Actor, AuthEvent, BoundToken, Identity, PublishedKeys } from "../../core/identity.ts";

/** Of each method: `signal` ends the waiting, with its reason. A change may then be done. */
export type WaitOptions = { readonly signal?: AbortSignal | undefined };

/** Somebody who may log in. */
export interface Account {
  /** `user:ann`, `service:trip`: `a` to `z`, digits, `-`, for users also `.`, `_`, `@`; at most 63 behind the colon. */
  readonly id: string;
  /** Words that rules speak of, sorted. */
  readonly scopes: readonly string[];
  /** Its tokens are refused and it cannot log in. */
  readonly disabled: boolean;
  readonly createdMs: number;
}

/** What an account is made of; without a secret it gets a random one of 128 bits. */
export interface NewAccount {
  readonly id: string;
  readonly scopes?: readonly string[] | undefined;
  readonly secret?: string | undefined;
}

/** What is left out stays. */
export type AccountChange = { readonly [K in "scopes" | "disabled"]?: Account[K] | undefined };

/** What a login gives. */
export interface Tokens {
  /** A signed JWT, `Authorization: Bearer ...`. */
  readonly accessToken: string;
  /** Milliseconds until it is worthless. */
  readonly expiresInMs: number;
  /** Good for one `refresh`. */
  readonly refreshToken: string;
}

/** What an API token may do less than its account, and how long; `note` is for the list of sessions. */
export interface ApiTokenOptions extends WaitOptions {
  /** @default all of the account's */
  readonly scopes?: readonly string[] | undefined;
  /** @default 2_592_000_000, thirty days */
  readonly lifetimeMs?: number | undefined;
  /** For whom alone it is. @default everybody of the platform */
  readonly audience?: string | undefined;
  readonly note?: string | undefined;
}

/** Of tokens that are given without a secret. */
export interface IssueOptions extends WaitOptions {
  /** Goes on with this one while it is the account's; what it gave before stays good. @default a new one */
  readonly session?: string | undefined;
  /** Scopes with which the account is made when it is missing; such a one has no secret. @default it must be there */
  readonly makeWithScopes?: readonly string[] | undefined;
}

/** Which service asks, if it is one; on a wire that is who calls. */
export type ExchangeOptions = WaitOptions & { readonly actor?: Actor | undefined };

/** `ifDue`: if the key gets old; of several who ask at once one is heard. `by`: who asks, on a wire who calls. */
export type RotateOptions = WaitOptions & Readonly<{ ifDue?: boolean; by?: string | undefined }>;

/** A login, or an API token, that has not ended. */
export interface Session {
  readonly id: string;
  readonly account: string;
  readonly kind: "login" | "token";
  readonly note: string;
  readonly createdMs: number;
  readonly expiresMs: number;
}

/** One page; without a `cursor` it is the last. */
export type Page<T> = { readonly items: readonly T[]; readonly cursor?: string };

/** Where a page begins: behind the one whose `cursor` this is. */
export type PageOptions = WaitOptions & { readonly cursor?: string | undefined };

/** Of a change that could leave nobody to undo it: `force` does it all the same. @default false */
export type ForceOptions = WaitOptions & { readonly force?: boolean | undefined };

/** The block: what a driver opens. */
export interface Auth {
  /** The accounts and rules of one namespace; `by` is who acts, for the log: `user:ann`, `default/user:owner`. */
  realm(namespace: string, by?: string): Realm;
  /** With which any program can check access tokens, and what becomes of each of them. */
  keys(options?: WaitOptions): Promise<PublishedKeys>;
  /** A new key signs soon; an old one is published until the last token that it signed has expired. */
  rotateKeys(options?: RotateOptions): Promise<void>;
  /**
   * Whom an access or API token is about. `audience` is who asks: a token that is bound to somebody else is refused.
   * @throws {ReefError} `unauthenticated` for whatever is not a token of this platform, has expired or was revoked
   */
  verify(token: string, audience: string, options?: WaitOptions): Promise<Identity>;
  /**
   * A token for the service `audience` alone, `trip`, or `acme/trip` in another namespace than the token's. Of a free
   * token it is about the same one. Of a token that is bound to the service `actor` it says on whose behalf that acts.
   * @throws {ReefError} as `verify`; `permission_denied` for a token that is bound to somebody else
   */
  exchange(token: string, audience: string, options?: ExchangeOptions): Promise<BoundToken>;
  /** Ends when `signal` fires (no error) or it is left. @throws {ReefError} `unavailable` when the way to it is lost */
  watch(options?: WaitOptions): AsyncIterable<AuthEvent>;
}

/** One namespace. Bad input is an `invalid_argument`; an account or session that is not there, a `not_found`. */
export interface Realm {
  /** The secret is told this once. @throws {ReefError} `already_exists`; `resource_exhausted` beyond `accountsMax` */
  createAccount(
    account: NewAccount,
    options?: WaitOptions,
  ): Promise<{ readonly account: Account; readonly secret: string }>;
  account(id: string, options?: WaitOptions): Promise<Account | undefined>;
  /** In the order of their ids. */
  accounts(options?: PageOptions): Promise<Page<Account>>;
  /**
   * Its access tokens end, as they say what it was. @throws {ReefError} `failed_precondition`: no owner would be left
   */
  changeAccount(id: string, change: AccountChange, options?: ForceOptions): Promise<Account>;
  /** A new secret in the place of the old; its sessions end. */
  renewSecret(id: string, options?: WaitOptions & { readonly secret?: string }): Promise<string>;
  /** Whether it was there. @throws {ReefError} `failed_precondition`: no owner would be left */
  deleteAccount(id: string, options?: ForceOptions): Promise<boolean>;

  /**
   * @throws {ReefError} `unauthenticated` for a wrong secret, an unknown or a disabled account: which of them is not
   *   told; `resource_exhausted` after `loginFailuresMax` wrong ones, for a while that grows, and beyond `sessionsMax`
   *   at once
   */
  login(id: string, secret: string, options?: WaitOptions): Promise<Tokens>;
  /** The next pair. A token that was used before was stolen by somebody: its session ends. @throws `unauthenticated` */
  refresh(refreshToken: string, options?: WaitOptions): Promise<Tokens>;
  /** Ends the session of a refresh token, a used one included. @throws `unauthenticated` for what is none */
  logout(refreshToken: string, options?: WaitOptions): Promise<void>;
  /** Tokens without a secret: for who may ask for it, such as the runtime for what it starts. */
  issue(id: string, options?: IssueOptions): Promise<Tokens>;
  /** A token for a program, which stays until it expires or its session is ended. */
  createToken(
    id: string,
    options?: ApiTokenOptions,
  ): Promise<{ readonly session: string; readonly token: string }>;
  sessions(options?: PageOptions): Promise<Page<Session>>;
  /** Its tokens are refused from now on. Whether it was there. */
  endSession(session: string, options?: WaitOptions): Promise<boolean>;

  /** Heaviest first. */
  rules(options?: WaitOptions): Promise<readonly Rule[]>;
  /**
   * Adds a rule, or takes the place of the one with its id. @throws {ReefError} `failed_precondition`: no owner would
   * be left
   */
  putRule(rule: Rule, options?: ForceOptions): Promise<void>;
  /** Whether it was there. @throws {ReefError} `failed_precondition`: no owner would be left */
  deleteRule(id: string, options?: ForceOptions): Promise<boolean>;
  /** What would become of a question of this account, or of somebody unknown, and which rule says so. */
  explain(id: string | undefined, asked: Resource, options?: WaitOptions): Promise<Decision>;
  /** The newest first; a page of few that are wanted may be empty while there are more. */
  audit(options?: AuditFilter & PageOptions): Promise<Page<AuditEntry>>;
  /** Writes down what was decided by `by`, up to a limit for each: what is beyond it is counted in an entry. */
  report(reports: readonly AuditReport[], options?: WaitOptions): Promise<void>;
}

/** Access tokens: short, because those who check them by themselves may learn late that one was revoked. */
export const accessTokenMs = 900_000;
/** A login that nobody has used for this long has to be made again. */
export const loginMs = 2_592_000_000;
/** An API token for a year at most: a longer one is forgotten, and found by somebody else. */
export const apiTokenMsMax = 31_622_400_000;
/** In one namespace: people and services, not customers. */
export const accountsMax = 10_000;
/** Of one account; the oldest login ends when there is one more. */
export const sessionsMax = 100;
/** In one namespace: each is looked at for each question. */
export const rulesMax = 1_000;
/** Of one account: they are in each of its tokens. */
export const scopesMax = 32;
/** NIST SP 800-63B asks for 8 and advises more; what a program made up has 26. */
export const secretCharactersMin = 12;
/** A longer one only makes the hash slow. */
export const secretCharactersMax = 256;
/** Wrong secrets of one account in a row before it has to wait. */
export const loginFailuresMax = 5;
/** In one page: a screen or two. */
export const pageItems = 100;
