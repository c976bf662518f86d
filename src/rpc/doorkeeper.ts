/**
 * Who stands at a door: whom a token is about, and whether that one may have what it asks for. It asks nobody: what it
 * has to know it hears from auth, so a rule that changes and a session that ends take effect here within moments, also
 * on what is open.
 *
 * What has been decided is remembered until something changes: a call costs two looks into maps.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { Auth } from "../blocks/auth/index.ts";
import { AccessRules, type Decision, type Resource } from "../core/access-rules.ts";
import { backoffMs } from "../core/backoff.ts";
import { type Clock, sleep, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import {
  type AuthEvent,
  type Identity,
  isRevoked,
  parseTokenId,
  type Revocation,
  type TokenId,
} from "../core/identity.ts";
import { verifyToken } from "../core/signed-token.ts";
import { Decisions } from "./doorkeeper/decisions.ts";

export interface DoorkeeperOptions {
  readonly auth: Pick<Auth, "watch">;
  /** Who is asked here: tokens for somebody else are refused. */
  readonly audience: string;
  readonly clock?: Clock;
}

/** Somebody with a token, or undefined for nobody known. */
export type Known = (Identity & TokenId) | undefined;

/** What is asked for, and whose rules say who may have it. */
export interface Place {
  readonly namespace: string;
  readonly resource: Resource;
}

/** A method of a service, as rules name it. */
export function methodResource(service: string, method: string): Resource {
  return { type: "service", name: service, endpoint: method };
}

/** Tokens that are remembered; an attacker's are refused and are not among them. */
const tokensMax = 10_000;
/** How long what is known is good when auth cannot be reached: as long as it takes to start it again. */
const trustMs = 10_000;
const returnMaxMs = 500;

export class Doorkeeper implements AsyncDisposable {
  readonly #options: Required<DoorkeeperOptions>;
  readonly #keys = new Map<string, KeyObject>();
  readonly #revoked = new Map<string, Revocation>();
  readonly #tokens = new Map<string, NonNullable<Known>>();
  readonly #decisions = new Decisions();
  readonly #closing = new AbortController();
  readonly #present = Promise.withResolvers<void>();
  readonly #following: Promise<void>;
  #issuer = "";
  /** Of a break of the watch; undefined while it holds. At first nothing is known that could be trusted for a while. */
  #lostAtMs: number | undefined = -Infinity;

  constructor({ auth, audience, clock = systemClock }: DoorkeeperOptions) {
    this.#options = { auth, audience, clock };
    this.#following = this.#follow();
  }

  /** Resolves when it can decide for the first time. */
  get present(): Promise<void> {
    return this.#present.promise;
  }

  /**
   * Whom `Authorization` is about; undefined without one. A promise only where a signature has to be checked.
   * @throws {ReefError} `unauthenticated` for what is no good token, `unavailable` while auth is not there
   */
  identify(authorization: string | undefined): Known | Promise<Known> {
    if (authorization === undefined) return undefined;
    this.#needAuth();
    const token = /^Bearer ([^\s]+)$/i.exec(authorization)?.[1];
    if (token === undefined) throw unauthenticated("it is not Bearer and a token");
    const known = this.#tokens.get(token);
    if (!known) return this.#verify(token);
    if (known.expiresMs <= this.#options.clock.wallMs()) {
      this.#tokens.delete(token);
      throw unauthenticated("its token has expired");
    }
    return known;
  }

  /**
   * Whether this one may.
   * @throws {ReefError} `unauthenticated` when nobody known may not, `permission_denied` when somebody known may not;
   *   `unavailable` while auth is not there
   */
  check(known: Known, namespace: string, resource: Resource): void {
    this.#needAuth();
    const decision = this.#decisions.of(known, namespace, resource);
    if (!decision.allowed) throw forbidden(known, resource, decision);
  }

  /**
   * Who asks for this, when that one may have it; throws as `identify` and `check` do. A promise only where a signature
   * has to be checked.
   */
  admit(authorization: string | undefined, { namespace, resource }: Place): Known | Promise<Known> {
    const known = this.identify(authorization);
    if (known instanceof Promise) {
      return known.then((found) => {
        this.check(found, namespace, resource);
        return found;
      });
    }
    this.check(known, namespace, resource);
    return known;
  }

  /** Looks after what lasts: `end` hears when this one may not any more. */
  hold(known: Known, place: Place, end: (reason: ReefError) => void): Disposable {
    return this.#decisions.hold({ known, ...place, end, forbidden });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#present.resolve();
    await this.#following;
  }

  async #verify(token: string): Promise<Known> {
    const { audience, clock } = this.#options;
    const claims = await verifyToken(token, {
      findKey: (kid) => this.#keys.get(kid),
      issuer: this.#issuer,
      audience,
      nowMs: clock.wallMs(),
    });
    const id = parseTokenId(claims.sid);
    if (isRevoked(id, this.#revoked.get(id.session))) throw unauthenticated("it was revoked");
    const { sub: account, ns: namespace, scopes, exp } = claims;
    const known = { ...id, account, namespace, scopes, expiresMs: exp * 1_000 };
    this.#tokens.set(token, known);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > tokensMax && oldest !== undefined) this.#tokens.delete(oldest);
    return known;
  }

  #needAuth(): void {
    if (this.#lostAtMs === undefined) return;
    if (this.#options.clock.monotonicMs() - this.#lostAtMs <= trustMs) return;
    throw new ReefError(
      "unavailable",
      'Cannot say who may come in: auth is not there; "reef status" shows what it waits for',
      { maybeExecuted: false },
    );
  }

  async #follow(): Promise<void> {
    const { auth, clock } = this.#options;
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      try {
        // What was true before it is told again; what is not told again is not true any more.
        this.#decisions.begin();
        for await (const event of auth.watch({ signal })) {
          this.#hear(event);
          failures = 0;
        }
      } catch (error) {
        // It is said to those who ask, when it lasts.
        if (!(error instanceof ReefError)) throw error;
      }
      this.#lostAtMs ??= clock.monotonicMs();
      failures += 1;
      const delayMs = backoffMs(failures, { maxMs: returnMaxMs });
      await sleep(delayMs, { clock, signal, background: true }).catch(stopped);
    }
  }

  #hear(event: AuthEvent): void {
    switch (event.kind) {
      case "key": {
        const { kid = "" } = event.key;
        this.#keys.set(kid, createPublicKey({ key: { ...event.key }, format: "jwk" }));
        return;
      }
      case "rules":
        this.#decisions.learn(event.namespace, new AccessRules(event.namespace, event.rules));
        return;
      case "revoked":
        this.#revoke(event);
        return;
      case "complete":
        this.#issuer = event.issuer;
        this.#lostAtMs = undefined;
        this.#decisions.complete();
        this.#present.resolve();
    }
  }

  #revoke(revocation: Revocation): void {
    const nowMs = this.#options.clock.wallMs();
    for (const [session, { untilMs }] of this.#revoked) {
      if (untilMs <= nowMs) this.#revoked.delete(session);
    }
    this.#revoked.set(revocation.session, revocation);
    for (const [token, known] of this.#tokens) {
      if (isRevoked(known, revocation)) this.#tokens.delete(token);
    }
    this.#decisions.endRevoked(revocation, unauthenticated("it was revoked"));
  }
}

/** The sleep was ended because the following is: the loop sees it by itself. */
function stopped(): void {}

function unauthenticated(rule: string): ReefError {
  const text = `Cannot accept the Authorization: ${rule}; log in again, or make a token with "reef auth token"`;
  return new ReefError("unauthenticated", text, { maybeExecuted: false });
}

/** Which rule it was, the log of the platform says; the outside hears that it may not. */
function forbidden(known: Known, { name, endpoint }: Resource, decision: Decision): ReefError {
  const what = `${name}/${endpoint}`;
  const { rule } = decision;
  const cause = rule ? new Error(`rule "${rule.id}" denies it`) : new Error("no rule grants it");
  if (!known) {
    const text = `Cannot call ${what}: not without a token; send Authorization: Bearer and one`;
    return new ReefError("unauthenticated", text, { cause, maybeExecuted: false });
  }
  const text = `Cannot call ${what}: ${known.account} may not; "reef auth explain" says why`;
  return new ReefError("permission_denied", text, { cause, maybeExecuted: false });
}
