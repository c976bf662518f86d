/** Whom a call comes from, and what a door has to know to find out by itself: the gateway, the proxy, each service. */
import type { Rule } from "./access-rules.ts";

/** Whom a good token is about. */
export interface Identity {
  readonly account: string;
  readonly namespace: string;
  readonly scopes: readonly string[];
  readonly session: string;
  readonly expiresMs: number;
}

/** Whose authority a call has: of nobody known, or of an account whose token was verified. */
export type Caller =
  | { readonly kind: "anonymous" }
  | {
      readonly kind: "user" | "service";
      /** The account: `user:ann`, `service:trip`. */
      readonly id: string;
      /** Of the account. */
      readonly namespace: string;
      readonly scopes: readonly string[];
    };

export const anonymous: Caller = Object.freeze({ kind: "anonymous" });

export function callerOf({
  account,
  namespace,
  scopes,
}: Pick<Identity, "account" | "namespace" | "scopes">): Caller {
  const kind = account.startsWith("service:") ? "service" : "user";
  return Object.freeze({ kind, id: account, namespace, scopes });
}

/** Where a process has from what proves who it is: a file that somebody keeps fresh, a login. */
export interface CredentialSource {
  /** The token of now; undefined for one who has none and is nobody known. Never rejects because there is none. */
  token(): string | undefined | Promise<string | undefined>;
  /** Calls `listener` whenever the token has become another, until what this returns is disposed. */
  onChange(listener: () => void): Disposable;
}

/** A service that asks in its own name. */
export interface Actor {
  readonly account: string;
  readonly namespace: string;
  /** Services of this namespace that it serves, too, as the platform has seen. @default its own alone */
  readonly serves?: readonly string[] | undefined;
}

/** A token for one reader alone. */
export interface BoundToken {
  readonly token: string;
  readonly expiresMs: number;
}

/** As RFC 7517 has it: `{"kty":"OKP","crv":"Ed25519","x":...,"kid":...}`. */
export type PublicKey = { readonly [member: string]: string };

/** What becomes of a published key. */
export interface KeyUse {
  readonly kid: string;
  /** Whether it signs from `sinceMs` on, signs now, signs no more, or is of another platform on the same store. */
  readonly state: "next" | "signs" | "retired" | "foreign";
  /** Since when it signs, or is to; wall clock, in milliseconds. */
  readonly sinceMs: number;
  /** How long it signs, or is published for the tokens that it signed; not there for what others decide. */
  readonly untilMs?: number | undefined;
}

/** The keys of a platform as any program reads them, and what becomes of each. */
export interface PublishedKeys {
  readonly keys: readonly PublicKey[];
  readonly uses: readonly KeyUse[];
}

/**
 * What a door needs to know to decide by itself. First what is so at present, then one `complete` with the issuer that
 * tokens must name, then each change. Rules come as the whole list of their namespace, heaviest first.
 */
export type AuthEvent =
  | { readonly kind: "key"; readonly key: PublicKey }
  | { readonly kind: "rules"; readonly namespace: string; readonly rules: readonly Rule[] }
  | ({ readonly kind: "revoked" } & Revocation)
  | { readonly kind: "complete"; readonly issuer: string };

/** Tokens of this session up to this generation are refused; nobody needs to know it after `untilMs`. */
export interface Revocation {
  readonly session: string;
  readonly generation: number;
  readonly untilMs: number;
}

/** One access token of a session: `sid` of a token. */
export interface TokenId {
  readonly session: string;
  readonly generation: number;
}

export function formatTokenId({ session, generation }: TokenId): string {
  return `${session}.${generation}`;
}

export function parseTokenId(sid: string): TokenId {
  const dot = sid.lastIndexOf(".");
  return { session: sid.slice(0, dot), generation: Number(sid.slice(dot + 1)) };
}

export function isRevoked({ session, generation }: TokenId, by: Revocation | undefined): boolean {
  return by !== undefined && by.session === session && generation <= by.generation;
}
