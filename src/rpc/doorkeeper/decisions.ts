/** What the rules of all namespaces have decided, remembered until they change; and what is open by such a decision. */
import type { AccessRules, Decision, Resource } from "../../core/access-rules.ts";
import type { Clock, Timer } from "../../core/clock.ts";
import type { ReefError } from "../../core/errors.ts";
import { type Caller, isRevoked, type Revocation } from "../../core/identity.ts";
import type { Known } from "../doorkeeper.ts";
import type { Tally } from "./decision-log.ts";

/** What is asked for, and whose rules say who may have it. */
export interface Place {
  readonly namespace: string;
  readonly resource: Resource;
  /** On whose behalf: it is written down, and decides nothing. @default that of who asks */
  readonly subject?: Caller | undefined;
}

/** What was decided, and what counts it for each account that it was asked about, and on whose behalf. */
export interface Remembered extends Decision {
  /** Absent where nobody remembers it. */
  readonly tallies?: Map<string, Tally>;
}

/** Something open, which ends when it would not be allowed any more. */
export interface Held extends Place {
  readonly known: Known;
  readonly end: (reason: ReefError) => void;
}

/** Disposed when what is open is over. */
export interface Hold extends Disposable {
  /** The same one has another token, which ends later; what that may is asked anew. */
  renew(known: Known): void;
}

export interface Judge {
  isOver(known: NonNullable<Known>): boolean;
  expired(): ReefError;
  forbidden(known: Known, place: Place, decision: Decision): ReefError;
}

/** Of one namespace; names of methods come from contracts, so there are few, and paths of programs may be many. */
const rememberedMax = 10_000;

/** Streams end within this after their token; one walk for all of them, which costs less than a timer for each. */
const sweepMs = 500;

const nobodyMay: Decision = { allowed: false };

export class Decisions implements Disposable {
  readonly #clock: Clock;
  readonly #judge: Judge;
  readonly #rules = new Map<string, AccessRules>();
  /** By everything that a decision depends on. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #held = new Set<{ held: Held }>();
  /** Namespaces that were told since the present began. */
  #told = new Set<string>();
  #sweep: Timer | undefined;

  constructor(clock: Clock, judge: Judge) {
    this.#clock = clock;
    this.#judge = judge;
  }

  of(known: Known, { namespace, resource }: Pick<Place, "namespace" | "resource">): Remembered {
    if (known?.rules) return known.rules.decide(known, resource);
    const { type, name, endpoint } = resource;
    const whom = known ? `${known.namespace} ${known.scopes.join(" ")}` : "";
    const key = `${namespace}\n${whom}\n${type}:${name}:${endpoint}`;
    const before = this.#remembered.get(key);
    if (before) return before;
    const decided = this.#rules.get(namespace)?.decide(known, resource) ?? nobodyMay;
    const decision = { ...decided, tallies: new Map<string, Tally>() };
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    this.#remembered.set(key, decision);
    return decision;
  }

  hold(held: Held): Hold {
    const open = { held };
    this.#held.add(open);
    this.#sweepLater();
    return {
      renew: (known) => {
        open.held = { ...open.held, known };
        if (this.#held.has(open)) this.#judgeOne(open);
      },
      [Symbol.dispose]: () => void this.#held.delete(open),
    };
  }

  /**
   * What is open by an earlier token of the same login stands on this one from now on: callers over HTTP/2 cannot show
   * another token for a stream that runs.
   */
  renew(known: NonNullable<Known>): void {
    for (const open of this.#held) {
      if (!open.held.known || !isNext(known, open.held.known)) continue;
      open.held = { ...open.held, known };
      this.#judgeOne(open);
    }
  }

  /** All is decided anew when it is asked for. */
  forget(): void {
    this.#remembered.clear();
  }

  /** The present is told anew. */
  begin(): void {
    this.#told = new Set();
  }

  learn(namespace: string, rules: AccessRules): void {
    this.#told.add(namespace);
    this.#rules.set(namespace, rules);
    this.#judgeAgain();
  }

  /** What was not told has no rules any more. */
  complete(): void {
    for (const namespace of this.#rules.keys()) {
      if (!this.#told.has(namespace)) this.#rules.delete(namespace);
    }
    this.#judgeAgain();
  }

  endRevoked(revocation: Revocation, reason: ReefError): void {
    for (const open of this.#held) {
      const { known } = open.held;
      if (known && isRevoked(known, revocation)) this.#end(open, reason);
    }
  }

  [Symbol.dispose](): void {
    this.#sweep?.cancel();
    this.#held.clear();
  }

  #judgeAgain(): void {
    this.#remembered.clear();
    for (const open of this.#held) this.#judgeOne(open);
  }

  #judgeOne(open: { held: Held }): void {
    const { known } = open.held;
    const decision = this.of(known, open.held);
    if (decision.allowed) return;
    this.#end(open, this.#judge.forbidden(known, open.held, decision));
  }

  #end(open: { held: Held }, reason: ReefError): void {
    if (this.#held.delete(open)) open.held.end(reason);
  }

  #sweepLater(): void {
    this.#sweep ??= this.#clock.after(sweepMs, () => this.#endExpired(), { background: true });
  }

  #endExpired(): void {
    this.#sweep = undefined;
    for (const open of this.#held) {
      const { known } = open.held;
      if (known && this.#judge.isOver(known)) this.#end(open, this.#judge.expired());
    }
    if (this.#held.size > 0) this.#sweepLater();
  }
}

/** Whether a token follows another one of the same login, and is for the same reader. */
function isNext(one: NonNullable<Known>, other: NonNullable<Known>): boolean {
  if (one.session !== other.session || one.generation <= other.generation) return false;
  const isSame = one.account === other.account && one.namespace === other.namespace;
  return isSame && one.audience === other.audience && one.actor === other.actor;
}
