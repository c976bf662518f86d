/**
 * A signed token: a JWT that says who somebody is, so that whoever has the public keys can check it without asking.
 *
 * It is signed by `jose`. Whoever reads it forbids first, for next to nothing, everything in a header but these three
 * words, so that no token can name the key, the algorithm or the address that it is to be checked with; and everything
 * in the claims that `signToken` would have written otherwise, so that no two readers of one token can understand it
 * differently. What is left to check is 64 bytes: Node does it at once in 140 us, where a promise of WebCrypto takes
 * twice that, on threads that others need. Sources: RFC 7519, RFC 8032, RFC 8725 (best current practices), RFC 9068
 * (`at+jwt`).
 */
import { type KeyObject, verify } from "node:crypto";
import type { CryptoKey } from "jose";
import { ReefError } from "./errors.ts";
import { withoutStack } from "./without-stack.ts";

/** Times are whole seconds since 1970, as JWT has them. */
export interface TokenClaims {
  /** The platform that signed it. */
  readonly iss: string;
  /** `user:ann` or `service:trip`. */
  readonly sub: string;
  /** The namespace of the account. */
  readonly ns: string;
  /** For whom alone it is; absent: for every part of the platform. */
  readonly aud?: string;
  /**
   * The service that acts on behalf of `sub`. Such a token says for whom something is done, and proves nobody's
   * identity.
   */
  readonly act?: string;
  readonly scopes: readonly string[];
  /** The login or API token that it came from: that can be revoked. */
  readonly sid: string;
  readonly iat: number;
  readonly exp: number;
}

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
}

/** One name, several, or whether a name is one of many. */
export type Audience = string | readonly string[] | ((name: string) => boolean);

export interface ReadTokenOptions {
  readonly issuer: string;
  /** Who is reading: a token for somebody else is refused. */
  readonly audience: Audience;
  /** Wall clock, in milliseconds. */
  readonly nowMs: number;
  /** How long one that has expired is good all the same. @default 0 */
  readonly graceMs?: number;
  /**
   * What it is to prove: who somebody is, or on whose behalf a service acts. `exchange` is either, for whomever it is:
   * who asks for that looks at the claims himself. @default "identity"
   */
  readonly use?: "identity" | "subject" | "exchange";
}

/** Why a token was refused: its message is the rule that it broke, and says nothing of what is in it. */
export class TokenFault extends Error {}

/** Longer is no token of ours: names and scopes have limits. */
export const tokenBytesMax = 4_096;

/** 64 bytes of Ed25519. */
const signatureLetters = 86;

/** Clocks of machines differ; more than this is a clock to be mended. */
const clockSkewSeconds = 5;

const algorithm = "EdDSA";
const kind = "at+jwt";

export async function signToken(claims: TokenClaims, key: SigningKey): Promise<string> {
  const { SignJWT } = await import("jose");
  // Written anew: `canonical` is what a verifier compares with.
  return await new SignJWT(JSON.parse(canonical(claims)))
    .setProtectedHeader(headerOf(key.kid))
    .sign(key.privateKey);
}

/** Of which all is right, but that nobody has looked at its signature. */
export interface UnprovenToken {
  readonly token: string;
  /** The key that it names. */
  readonly kid: string;
  readonly claims: TokenClaims;
}

/**
 * All that can be said without a key: a hundredth of what a signature costs to check.
 * @throws {ReefError} `unauthenticated`; the text says what is wrong with the token, and nothing of what is in it
 */
export function readToken(token: string, options: ReadTokenOptions): UnprovenToken {
  const { kid, claims } = parse(token);
  checkClaims(claims, options);
  return { token, kid, claims };
}

/**
 * Checks the signature. `key` is the public half of the key that the token names, undefined for one that nobody knows.
 * @throws {ReefError} `unauthenticated`
 */
export function proveToken(
  { token, claims }: UnprovenToken,
  key: KeyObject | undefined,
): TokenClaims {
  if (!key) throw refused("its key is not known here");
  const end = token.lastIndexOf(".");
  const signature = Buffer.from(token.slice(end + 1), "base64url");
  // Ed25519 has its own hash, so there is none to be named.
  if (!verify(undefined, Buffer.from(token.slice(0, end), "latin1"), key, signature)) {
    throw refused("its signature is not that of its key");
  }
  return claims;
}

function parse(token: string): { readonly kid: string; readonly claims: TokenClaims } {
  if (token.length > tokenBytesMax) throw refused(`it has more than ${tokenBytesMax} characters`);
  const parts = token.split(".");
  if (parts.length !== 3) throw refused("it has not three parts");
  if (parts[2]?.length !== signatureLetters) throw refused("its signature has another length");
  const [headerText, claimsText, signature] = parts.map(plainOf);
  if (headerText === undefined || claimsText === undefined || signature === undefined) {
    throw refused("a part of it is not base64url");
  }
  const { kid } = readJson(headerText);
  // What `signToken` writes, to the letter: no other algorithm, and nothing that points to a key.
  if (typeof kid !== "string" || headerText !== JSON.stringify(headerOf(kid))) {
    throw refused("its header is not one of this platform");
  }
  const claims = claimsOf(readJson(claimsText));
  if (!claims || claimsText !== canonical(claims)) {
    throw refused("its claims are not written as this platform writes them");
  }
  return { kid, claims };
}

/** The order of the keys is that of what it signs. */
function headerOf(kid: string): { alg: string; typ: string; kid: string } {
  return { alg: algorithm, typ: kind, kid };
}

/** Text of base64url; undefined for what would be written otherwise, of which there are several for most bytes. */
function plainOf(part: string): string | undefined {
  const bytes = Buffer.from(part, "base64url");
  return bytes.toString("base64url") === part ? bytes.toString("latin1") : undefined;
}

function readJson(text: string): { readonly [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "latin1").toString());
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch (cause) {
    throw refused("a part of it is not JSON", cause);
  }
}

function claimsOf(given: { readonly [key: string]: unknown }): TokenClaims | undefined {
  const { iss, sub, ns, aud, act, scopes, sid, iat, exp } = given;
  const texts = [iss, sub, ns, sid, ...[aud, act].filter((text) => text !== undefined)];
  if (!texts.every((text) => typeof text === "string" && text !== "")) return undefined;
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp)) return undefined;
  if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === "string")) {
    return undefined;
  }
  // Each was looked at above.
  return given as unknown as TokenClaims;
}

/** The one way to write claims; names and scopes are ASCII, so text and bytes are the same. */
function canonical({ iss, sub, ns, aud, act, scopes, sid, iat, exp }: TokenClaims): string {
  return JSON.stringify({ iss, sub, ns, aud, act, scopes, sid, iat, exp });
}

function checkClaims(claims: TokenClaims, options: ReadTokenOptions): void {
  const { issuer, audience, nowMs, graceMs = 0, use = "identity" } = options;
  const now = nowMs / 1_000;
  if (claims.iss !== issuer) throw refused("it is of another platform");
  if (use !== "exchange") {
    // A service that acts for somebody must not be taken for that one.
    if ((claims.act !== undefined) !== (use === "subject")) throw refused("it is for another use");
    const { aud } = claims;
    if (aud !== undefined && !isFor(audience, aud)) throw refused("it is for others");
  }
  if (claims.exp <= now - graceMs / 1_000 - clockSkewSeconds) throw refused("it has expired");
  if (claims.iat > now + clockSkewSeconds) throw refused("it is of the future");
}

function isFor(audience: Audience, name: string): boolean {
  return typeof audience === "function" ? audience(name) : [audience].flat().includes(name);
}

function refused(rule: string, cause?: unknown): ReefError {
  const text = `Cannot accept the token: ${rule}; log in again with "reef login"`;
  return withoutStack(() => {
    const fault = new TokenFault(rule, { cause });
    return new ReefError("unauthenticated", text, { cause: fault, maybeExecuted: false });
  });
}
