/** The tokens that a door has seen: each is checked once, then remembered until it ends or is revoked. */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import {
  type Identity,
  isRevoked,
  parseTokenId,
  type PublicKey,
  type Revocation,
  type TokenId,
} from "../../core/identity.ts";
import { type Audience, verifyToken } from "../../core/signed-token.ts";
import { TokenBucket } from "../../core/token-bucket.ts";
import { tooManyWrong, unauthenticated } from "./refusals.ts";

/** Whom a token is about, and for whom alone it is. */
export interface KnownToken extends Identity, TokenId {
  readonly audience: string | undefined;
  /** Of a token about somebody for whom a service acts: that service. */
  readonly actor: string | undefined;
}

export interface KnownTokensOptions {
  readonly audience: Audience;
  readonly clock: Clock;
  /** How long time has stood still for tokens: nobody could get another one. */
  readonly graceMs: () => number;
  /** Hears of each that is seen for the first time. */
  readonly verified: (known: KnownToken) => void;
}

/** Tokens that are remembered; an attacker's are refused and are not among them. */
const tokensMax = 10_000;

/**
 * Signatures that may prove wrong in a second. Checking one costs more than a hundred calls, so whoever sends nothing
 * else would have the processor; who has been let in before does not notice it.
 */
export const wrongPerSecondMax = 200;

export class KnownTokens {
  readonly #options: KnownTokensOptions;
  readonly #keys = new Map<string, KeyObject>();
  readonly #revoked = new Map<string, Revocation>();
  readonly #tokens = new Map<string, KnownToken>();
  readonly #wrong: TokenBucket;
  /** The platform, as its tokens name it. */
  issuer = "";

  constructor(options: KnownTokensOptions) {
    this.#options = options;
    this.#wrong = new TokenBucket(options.clock, wrongPerSecondMax);
  }

  learnKey(key: PublicKey): void {
    const { kid = "" } = key;
    this.#keys.set(kid, createPublicKey({ key: { ...key }, format: "jwk" }));
  }

  /**
   * Whom it is about. A promise only where a signature has to be checked.
   * @throws {ReefError} `unauthenticated` for what is no good token, or one for another use; `resource_exhausted` for
   *   one that would have to be checked beyond `wrongPerSecondMax`
   */
  of(token: string, use: "identity" | "subject"): KnownToken | Promise<KnownToken> {
    const known = this.#tokens.get(token);
    if (!known) return this.#verify(token, use);
    if ((known.actor !== undefined) !== (use === "subject")) {
      throw unauthenticated("it is for another use");
    }
    if (this.isOver(known)) {
      this.#tokens.delete(token);
      throw unauthenticated("its token has expired");
    }
    return known;
  }

  isOver({ expiresMs }: Pick<KnownToken, "expiresMs">): boolean {
    const { clock, graceMs } = this.#options;
    return expiresMs <= clock.wallMs() - graceMs();
  }

  isRevoked(known: TokenId): boolean {
    return isRevoked(known, this.#revoked.get(known.session));
  }

  revoke(revocation: Revocation): void {
    const nowMs = this.#options.clock.wallMs();
    for (const [session, { untilMs }] of this.#revoked) {
      if (untilMs <= nowMs) this.#revoked.delete(session);
    }
    this.#revoked.set(revocation.session, revocation);
    for (const [token, known] of this.#tokens) {
      if (isRevoked(known, revocation)) this.#tokens.delete(token);
    }
  }

  async #verify(token: string, use: "identity" | "subject"): Promise<KnownToken> {
    const { audience, clock, graceMs } = this.#options;
    const claims = await verifyToken(token, {
      findKey: (kid) => this.#keyToCheckWith(kid),
      issuer: this.issuer,
      audience,
      nowMs: clock.wallMs(),
      graceMs: graceMs(),
      use,
    });
    this.#wrong.giveBack();
    const id = parseTokenId(claims.sid);
    if (this.isRevoked(id)) throw unauthenticated("it was revoked");
    const { sub: account, ns: namespace, scopes, exp, aud, act } = claims;
    const about = { account, namespace, scopes, expiresMs: exp * 1_000 };
    const known = { ...id, ...about, audience: aud, actor: act };
    this.#tokens.set(token, known);
    this.#options.verified(known);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > tokensMax && oldest !== undefined) this.#tokens.delete(oldest);
    return known;
  }

  /** Asked when all else about a token is right. */
  #keyToCheckWith(kid: string): KeyObject | undefined {
    const key = this.#keys.get(kid);
    if (key && this.#wrong.take(wrongPerSecondMax) > 0) throw tooManyWrong(wrongPerSecondMax);
    return key;
  }
}
