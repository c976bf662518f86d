/**
 * Who stands at a door: whom a token is about, and whether that one may have what it asks for. It asks nobody: what it
 * has to know it hears from auth, so a rule that changes and a session that ends take effect here within moments, also
 * on what is open.
 *
 * What has been decided is remembered until something changes: a call costs two looks into maps, and nothing for who
 * remembers it himself for as long as `epoch` stays the same. While auth is away, time stands still for tokens, as
 * nobody can get another one.
 */
import type { Auth } from "../blocks/auth/index.ts";
import {
  AccessRules,
  entranceResource,
  type EntrancePage,
  type Resource,
} from "../core/access-rules.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { type AuthEvent, type Caller, callerOf, type Revocation } from "../core/identity.ts";
import type { Logger } from "../core/log.ts";
import { namespaceOf } from "../core/namespace-access.ts";
import type { Audience } from "../core/signed-token.ts";
import { actingNamespace } from "./doorkeeper/acting-namespace.ts";
import { AuthWatch } from "./doorkeeper/auth-watch.ts";
import {
  DecisionLog,
  type DoorAudit,
  elsewhere,
  type Tally,
  tallyName,
  uncounted,
  type Verdict,
} from "./doorkeeper/decision-log.ts";
import { Decisions, type Hold, type Place, type Remembered } from "./doorkeeper/decisions.ts";
import { type KnownToken, KnownTokens } from "./doorkeeper/known-tokens.ts";
import { forbidden, hidden, unauthenticated } from "./doorkeeper/refusals.ts";
import { ToldRefusals } from "./doorkeeper/told-refusals.ts";
import { type Visitor, type WrongLimits, WrongTokens } from "./doorkeeper/wrong-tokens.ts";

export interface DoorkeeperOptions {
  readonly auth: Pick<Auth, "watch">;
  /** Who is asked here: tokens for somebody else are refused. */
  readonly audience: Audience;
  /**
   * How long what is known is good when auth cannot be reached. An edge waits for as long as it takes to start auth
   * again; services go on serving each other.
   * @default 10_000
   */
  readonly awayMaxMs?: number;
  /** Ids of rules that do not count here. @default all count */
  readonly withoutRules?: readonly string[];
  /** What differs from `wrongLimits`. @default {} */
  readonly wrong?: Partial<WrongLimits>;
  /** Between attempts to hear auth again, at most. @default 500 */
  readonly returnMaxMs?: number;
  /** Those whom parts of the platform know each other by. @default there are none */
  readonly insiders?: Insiders;
  /** What is the matter while auth is away, for the text of refusals. @default nobody here knows more */
  readonly whyAway?: () => string | undefined;
  /** Hears which rule has refused whom. @default nobody does */
  readonly log?: Pick<Logger, "info"> | undefined;
  /** Where it is written down what was decided about whom. @default nowhere */
  readonly audit?: DoorAudit | undefined;
  readonly clock?: Clock;
}

export interface Insiders {
  /** Whom a token is about, which may come to have an end. */
  find(token: string): KnownToken | undefined;
  /** Calls `listener` when some have an end from now on, until what this returns is disposed. */
  onChange(listener: () => void): Disposable;
}

/** Somebody with a token, or undefined for nobody known. */
export type Known = KnownToken | undefined;

/** A method of a service, as rules name it. */
export function methodResource(service: string, method: string): Resource {
  return { type: "service", name: service, endpoint: method };
}

/** A program to which requests are passed on as they come is one thing: what its paths mean only it knows. */
export function programResource(name: string): Resource {
  return { type: "service", name, endpoint: "http" };
}

/** For services: a day, within which somebody looks after a platform that is gone. */
export const serviceAwayMaxMs = 86_400_000;

const edgeAwayMaxMs = 10_000;

export class Doorkeeper implements AsyncDisposable {
  readonly #withoutRules: readonly string[];
  readonly #wrong: WrongTokens;
  readonly #tokens: KnownTokens;
  readonly #decisions: Decisions;
  readonly #told: ToldRefusals;
  readonly #written: DecisionLog | undefined;
  readonly #watch: AuthWatch;
  readonly #insiders: Insiders;
  readonly #listening: Disposable;
  #epoch = 0;
  /** Tallies that are remembered with decisions. */
  #tallied = 0;

  constructor(options: DoorkeeperOptions) {
    const { auth, audience, awayMaxMs = edgeAwayMaxMs, clock = systemClock } = options;
    const { returnMaxMs = 500, insiders = nobodyInside, whyAway = () => undefined } = options;
    this.#withoutRules = options.withoutRules ?? [];
    this.#insiders = insiders;
    this.#wrong = new WrongTokens(clock, options.wrong);
    this.#told = new ToldRefusals(options.log, clock);
    const { audit, log } = options;
    const forgotten = () => this.#forget();
    this.#written = audit && new DecisionLog({ ...audit, clock, log, forgotten });
    this.#tokens = new KnownTokens({
      audience,
      clock,
      wrong: this.#wrong,
      graceMs: () => this.#watch.graceMs,
      verified: (known) => this.#decisions.renew(known),
    });
    this.#decisions = new Decisions(clock, {
      isOver: (known) => this.#tokens.isOver(known),
      expired: () => unauthenticated("its token has expired"),
      forbidden: (known, place, decision) => {
        this.#tally(known, place, decision).calls += 1;
        return forbidden(known, place.resource, decision);
      },
    });
    // Those who remember decisions ask again.
    const askAgain = () => void (this.#epoch += 1);
    this.#listening = insiders.onChange(askAgain);
    this.#watch = new AuthWatch(auth, {
      awayMaxMs,
      returnMaxMs,
      whyAway,
      clock,
      begin: () => this.#decisions.begin(),
      hear: (event) => this.#hear(event),
      distrust: askAgain,
    });
  }

  /** Resolves when it can decide for the first time. */
  get present(): Promise<void> {
    return this.#watch.present;
  }

  /** Another number whenever what was decided may be decided otherwise. A token may have expired meanwhile. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Whom `Authorization` is about; undefined without one. A promise only for a refusal that has to wait, because many
   * wrong tokens come; whose wait would be one too many, is cut off.
   * @throws {ReefError} `unauthenticated` for what is no good token, `unavailable` while auth is not there,
   *   `resource_exhausted` for one that was not seen before while too many wrong ones come
   */
  identify(authorization: string | undefined, visitor: Visitor): Known | Promise<never> {
    if (authorization === undefined) return undefined;
    this.#watch.check();
    try {
      const token = bearerToken(authorization);
      if (token === undefined) throw unauthenticated("it is not Bearer and a token");
      return this.#tokens.of(token, "identity", visitor.connection);
    } catch (thrown) {
      const error = ReefError.from(thrown);
      this.#written?.fault(error);
      return this.#wrong.tell(error, visitor);
    }
  }

  /**
   * The answer to one who proves himself otherwise than by a token: that he did not, he is told as with a wrong one.
   */
  async proven<T>(answer: Promise<T>, visitor: Visitor): Promise<T> {
    try {
      return await answer;
    } catch (thrown) {
      const error = ReefError.from(thrown);
      const { code } = error;
      if (code !== "unauthenticated" && code !== "resource_exhausted") throw error;
      return this.#wrong.tell(error, visitor);
    }
  }

  /** Whom a token is about that came over a connection of our own wire; throws as `identify` does. */
  verify(token: string, connection: object): KnownToken {
    const insider = this.#insiders.find(token);
    return insider ?? this.#knownOn(connection, token, "identity");
  }

  /** Whether a connection of our own wire may go on, for all the wrong tokens that came over it. */
  bears(connection: object): boolean {
    return this.#wrong.bears(connection);
  }

  /**
   * For whom a service acts. `names` says how that service and the one that it calls are named in a token of a
   * namespace. Throws as `identify` does.
   */
  verifySubject(
    token: string,
    names: (namespace: string) => { readonly actor: string; readonly audience: string },
    connection: object,
  ): Caller {
    const known = this.#knownOn(connection, token, "subject");
    const { actor, audience } = names(known.namespace);
    if (known.actor !== actor) throw unauthenticated("somebody else acts with it");
    if (known.audience !== audience) throw unauthenticated("it is for somebody else");
    return callerOf(known);
  }

  /**
   * Whether this one may. Whoever remembers the answer counts in what this returns how often he needed it.
   * @throws {ReefError} `unauthenticated` when nobody known may not, or the token has expired or was revoked;
   *   `permission_denied` when somebody known may not; `unavailable` while auth is not there
   */
  check(known: Known, place: Place): Tally {
    if (!known?.rules) this.#watch.check();
    if (known && this.#tokens.isOver(known)) throw this.refusal("its token has expired");
    if (known && this.#tokens.isRevoked(known)) throw this.refusal("it was revoked");
    const decision = this.#decisions.of(known, place);
    const tally =
      decision.tallies?.get(tallyName(known, place)) ?? this.#tally(known, place, decision);
    tally.calls += 1;
    if (decision.allowed) return tally;
    this.#told.tell(known, place, decision);
    throw forbidden(known, place.resource, decision);
  }

  /** Whether this one may be told what there is; throws as `check`. `cause` is what would be told. */
  checkPage(known: Known, namespace: string, page: EntrancePage, cause?: unknown): void {
    try {
      this.check(known, { namespace, resource: entranceResource(page) });
    } catch (error) {
      const { code } = ReefError.from(error);
      // By a rule, and not because of his token.
      if (code !== (known ? "permission_denied" : "unauthenticated")) throw error;
      throw hidden(known, cause ?? error);
    }
  }

  /** Where a call of this one acts, as `actingNamespace`; that it is not his to act in, is written down in his own. */
  acting(known: Known, asked: string | undefined, resource: Resource): string {
    try {
      return actingNamespace(known, asked, resource);
    } catch (error) {
      this.noteElsewhere(known, resource);
      throw error;
    }
  }

  /** This one may not even ask where he did. */
  noteElsewhere(known: Known, resource: Resource): void {
    this.#tally(known, { namespace: namespaceOf(known), resource }, elsewhere).calls += 1;
  }

  /** That of a token, which is counted. */
  refusal(rule: string): ReefError {
    const error = unauthenticated(rule);
    this.#written?.fault(error);
    return error;
  }

  /**
   * Looks after what lasts: `end` hears when this one may not any more, because of a rule, because its session was
   * revoked, or because its token has expired and was not renewed.
   */
  hold(known: Known, place: Place, end: (reason: ReefError) => void): Hold {
    return this.#decisions.hold({ known, ...place, end });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    await this.#watch[Symbol.asyncDispose]();
    await this.#written?.[Symbol.asyncDispose]();
    this.#decisions[Symbol.dispose]();
  }

  #knownOn(connection: object, token: string, use: "identity" | "subject"): KnownToken {
    this.#watch.check();
    try {
      return this.#tokens.of(token, use, connection);
    } catch (thrown) {
      const error = ReefError.from(thrown);
      // One that was not looked at may be good.
      if (error.code === "unauthenticated") this.#wrong.count(connection);
      this.#written?.fault(error);
      throw error;
    }
  }

  #tally(known: Known, place: Place, decision: Verdict & Pick<Remembered, "tallies">): Tally {
    // Parts of the platform are nobody's accounts, and their rules nobody's.
    if (!this.#written || known?.rules) return uncounted;
    const tally = this.#written.tally(known, place, decision);
    if ((this.#tallied += 1) > talliesMax) this.#forget();
    decision.tallies?.set(tallyName(known, place), tally);
    return tally;
  }

  #forget(): void {
    this.#epoch += 1;
    this.#tallied = 0;
    this.#decisions.forget();
  }

  #hear(event: AuthEvent): void {
    if (event.kind === "key") this.#tokens.learnKey(event.key);
    else if (event.kind === "rules") {
      this.#epoch += 1;
      const rules = event.rules.filter(({ id }) => !this.#withoutRules.includes(id));
      this.#decisions.learn(event.namespace, new AccessRules(event.namespace, rules));
    } else if (event.kind === "revoked") this.#revoke(event);
    else this.#complete(event.issuer);
  }

  #complete(issuer: string): void {
    this.#tokens.issuer = issuer;
    this.#epoch += 1;
    this.#decisions.complete();
  }

  #revoke(revocation: Revocation): void {
    this.#epoch += 1;
    this.#tokens.revoke(revocation);
    this.#decisions.endRevoked(revocation, unauthenticated("it was revoked"));
  }
}

/** For as many accounts and methods; then all are asked for again, a microsecond each. */
const talliesMax = 20_000;

/** The token of `Authorization: Bearer ...`; undefined for what is none. */
export function bearerToken(authorization: string): string | undefined {
  return /^Bearer ([^\s]+)$/i.exec(authorization)?.[1];
}

const nobodyInside: Insiders = {
  find: () => undefined,
  onChange: () => ({ [Symbol.dispose]() {} }),
};
