/** The tokens that a door has seen: each is checked once, then remembered until it ends or is revoked. */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { AccessRules } from "../../core/access-rules.ts";
import type { Clock } from "../../core/clock.ts";
import {
  type Identity,
  isRevoked,
  parseTokenId,
  type PublicKey,
  type Revocation,
  type TokenId,
} from "../../core/identity.ts";
import { type Audience, proveToken, readToken } from "../../core/signed-token.ts";
import { unauthenticated } from "./refusals.ts";
import type { WrongTokens } from "./wrong-tokens.ts";

/** Whom a token is about, and for whom alone it is. */
export interface KnownToken extends Identity, TokenId {
  readonly audience: string | undefined;
  /** Of a token about somebody for whom a service acts: that service. */
  readonly actor: string | undefined;
  /** Of a part of the platform: they say what it may do, and those of namespaces say nothing of it. */
  readonly rules?: AccessRules | undefined;
}

export interface KnownTokensOptions {
  readonly audience: Audience;
  readonly clock: Clock;
  /** Says which signatures may be looked at. */
  readonly wrong: WrongTokens;
  /** How long time has stood still for tokens: nobody could get another one. */
  readonly graceMs: () => number;
  /** Hears of each that is seen for the first time. */
  readonly verified: (known: KnownToken) => void;
}

type Use = "identity" | "subject";

/** Tokens that are remembered; an attacker's are refused and are not among them. */
const tokensMax = 10_000;

export class KnownTokens {
  readonly #options: KnownTokensOptions;
  readonly #keys = new Map<string, KeyObject>();
  readonly #revoked = new Map<string, Revocation>();
  readonly #tokens = new Map<string, KnownToken>();
  /** The platform, as its tokens name it. */
  issuer = "";

  constructor(options: KnownTokensOptions) {
    this.#options = options;
  }

  learnKey(key: PublicKey): void {
    const { kid = "" } = key;
    this.#keys.set(kid, createPublicKey({ key: { ...key }, format: "jwk" }));
  }

  /**
   * Whom it is about.
   * @throws {ReefError} `unauthenticated` for what is no good token, or one for another use; `resource_exhausted` for
   *   one that would have to be checked beyond `WrongLimits`
   */
  of(token: string, use: Use, connection: object | undefined): KnownToken {
    const known = this.#tokens.get(token);
    if (!known) return this.#verify(token, use, connection);
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

  #verify(token: string, use: Use, connection: object | undefined): KnownToken {
    const { audience, clock, graceMs, wrong } = this.#options;
    const times = { nowMs: clock.wallMs(), graceMs: graceMs() };
    const unproven = readToken(token, { issuer: this.issuer, audience, use, ...times });
    const { kid, claims } = unproven;
    const id = parseTokenId(claims.sid);
    // Before its signature, which would be good each time.
    if (this.isRevoked(id)) throw unauthenticated("it was revoked");
    const key = this.#keys.get(kid);
    const share = key && wrong.take(id.session, connection);
    proveToken(unproven, key);
    share?.giveBack();
    wrong.learn(id.session);
    const { sub: account, ns: namespace, scopes, exp, aud, act } = claims;
    const about = { account, namespace, scopes, expiresMs: exp * 1_000 };
    const known = { ...id, ...about, audience: aud, actor: act };
    this.#tokens.set(token, known);
    this.#options.verified(known);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > tokensMax && oldest !== undefined) this.#tokens.delete(oldest);
    return known;
  }
}
