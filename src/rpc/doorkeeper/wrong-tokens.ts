/**
 * What wrong tokens may cost a door. To look at a signature takes as long as dozens of calls, and a refusal as long as
 * one: whoever sends wrong ones without end gets a share of the door, and others do not notice it.
 *
 * Who asks for a look has one of three shares: a session of which a good token was seen has one of its own, so that
 * nobody can keep those out who are in; connections over which nothing wrong came have one together; all others the
 * third. Beyond some refusals they are told later, each on its connection, so that whoever waits for them slows down;
 * and when too many wait, they are not told at all.
 */
import { type Clock, sleep } from "../../core/clock.ts";
import type { ReefError } from "../../core/errors.ts";
import { TokenBucket } from "../../core/token-bucket.ts";
import { tooManyWrong } from "./refusals.ts";

export interface WrongLimits {
  /**
   * Signatures that may prove wrong in a second on connections over which nothing wrong came before, and as many on the
   * others: 140 us each, so that a door spends 1.5 % of a processor on them. @default 50
   */
  readonly checkedPerSecond: number;
  /** And in one burst: all calls wait for that. Good tokens are not counted. @default 10 */
  readonly checkedAtOnce: number;
  /** And of one session that is known here: its owner shows another token every few minutes. @default 5 */
  readonly checkedPerSession: number;
  /**
   * Refusals of one connection that are told at once: a page that asks for several things with a token that has expired
   * meanwhile. One comes back each second. @default 10
   */
  readonly toldAtOnce: number;
  /** And of all connections in a second: more than mistakes are, and a fiftieth of what a door can do. @default 100 */
  readonly toldPerSecond: number;
  /**
   * How long the others wait to be told, at least: longer is a client that seems to hang. @default 2_000
   */
  readonly heldMs: number;
  /** How many of these are told in a second, one after the other: all at once would come back at once. @default 128 */
  readonly laterPerSecond: number;
  /**
   * How many wait for that at a time, up to eight seconds: each is a connection, which costs less while it waits than
   * another one that takes its place. Beyond, they are cut off. @default 1_024
   */
  readonly heldMax: number;
  /** Of one connection, which may carry many calls. @default 16 */
  readonly heldPerConnection: number;
  /**
   * Of one connection of our own wire in a burst, of which one comes back each second. An entrance brings as many users
   * over it, and all of them may have expired. @default 2_048
   */
  readonly bornePerConnection: number;
}

export const wrongLimits: WrongLimits = {
  checkedPerSecond: 50,
  checkedAtOnce: 10,
  checkedPerSession: 5,
  toldAtOnce: 10,
  toldPerSecond: 100,
  heldMs: 2_000,
  laterPerSecond: 128,
  heldMax: 1_024,
  heldPerConnection: 16,
  bornePerConnection: 2_048,
};

/** Who shows a token. */
export interface Visitor {
  /** By which a connection is told from others. */
  readonly connection: object;
  /** It has gone too far: nothing is said any more, and what it sends is not read. */
  cut(): void;
  /** One more of its refusals waits to be told, or one less: nothing else is done for it meanwhile. */
  held?(change: 1 | -1): void;
  /** Calls `listener` when it has left: nobody is to be told any more. */
  onceGone(listener: () => void): void;
}

/** Of connections over which wrong ones have come. */
interface Record {
  /** Made when it is needed: a connection speaks HTTP or our own wire, and many are gone before that. */
  atOnce: TokenBucket | undefined;
  borne: TokenBucket | undefined;
  held: number;
  isBorne: boolean;
}

/** Sessions that are known: as many as there are tokens that a door remembers. */
const sessionsMax = 10_000;

export class WrongTokens {
  readonly #clock: Clock;
  readonly #limits: WrongLimits;
  readonly #sessions = new Map<string, TokenBucket>();
  readonly #newcomers: TokenBucket;
  readonly #others: TokenBucket;
  readonly #told: TokenBucket;
  readonly #records = new WeakMap<object, Record>();
  #held = 0;
  /** When the last of those who wait is told. */
  #lastToldMs = -Infinity;

  constructor(clock: Clock, limits: Partial<WrongLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...wrongLimits, ...limits };
    const { checkedAtOnce, toldPerSecond } = this.#limits;
    this.#newcomers = new TokenBucket(clock, checkedAtOnce);
    this.#others = new TokenBucket(clock, checkedAtOnce);
    this.#told = new TokenBucket(clock, toldPerSecond);
  }

  /**
   * A signature is to be checked; what this returns gets it back when that is a good one.
   * @throws {ReefError} `resource_exhausted`
   */
  take(session: string, connection: object | undefined): TokenBucket {
    const { checkedPerSecond, checkedAtOnce, checkedPerSession } = this.#limits;
    const own = this.#sessions.get(session);
    if (own?.take(checkedPerSession) === 0) return own;
    const isNew = connection !== undefined && !this.#records.has(connection);
    const shared = isNew ? this.#newcomers : this.#others;
    if (shared.take(checkedPerSecond, { most: checkedAtOnce }) > 0)
      throw tooManyWrong(checkedPerSecond);
    return shared;
  }

  /** A good token of this session was seen. */
  learn(session: string): void {
    if (this.#sessions.has(session)) return;
    this.#sessions.set(session, new TokenBucket(this.#clock, this.#limits.checkedPerSession));
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > sessionsMax && oldest !== undefined) this.#sessions.delete(oldest);
  }

  /** Something wrong came over a connection that is told so otherwise. */
  count(connection: object): void {
    const record = this.#recordOf(connection);
    const { bornePerConnection: most } = this.#limits;
    record.borne ??= new TokenBucket(this.#clock, most);
    if (record.borne.take(1, { most }) > 0) record.isBorne = false;
  }

  /** Whether it may go on for all that was counted. */
  bears(connection: object): boolean {
    return this.#records.get(connection)?.isBorne ?? true;
  }

  /** Throws `error` at once, or rejects with it when its time has come. */
  tell(error: ReefError, visitor: Visitor): Promise<never> {
    const { toldAtOnce, toldPerSecond, heldMax, heldPerConnection } = this.#limits;
    const record = this.#recordOf(visitor.connection);
    record.atOnce ??= new TokenBucket(this.#clock, toldAtOnce);
    const isAtOnce = record.atOnce.take(1, { most: toldAtOnce }) === 0;
    if (isAtOnce && this.#told.take(toldPerSecond) === 0) throw error;
    if (this.#held < heldMax && record.held < heldPerConnection) {
      return this.#hold(error, record, visitor);
    }
    visitor.cut();
    throw error;
  }

  async #hold(error: ReefError, record: Record, visitor: Visitor): Promise<never> {
    const { heldMs, laterPerSecond } = this.#limits;
    const clock = this.#clock;
    const nowMs = clock.monotonicMs();
    const turnMs = 1_000 / laterPerSecond;
    this.#lastToldMs = Math.max(nowMs + heldMs, this.#lastToldMs + turnMs);
    this.#held += 1;
    record.held += 1;
    visitor.held?.(1);
    const left = new AbortController();
    visitor.onceGone(() => left.abort());
    try {
      const options = { clock, signal: left.signal, background: true };
      await sleep(this.#lastToldMs - nowMs, options);
    } catch {
      // Its place and its turn are others' at once: whoever comes and goes keeps nobody out.
      this.#lastToldMs -= turnMs;
    }
    this.#held -= 1;
    record.held -= 1;
    visitor.held?.(-1);
    throw error;
  }

  #recordOf(connection: object): Record {
    const before = this.#records.get(connection);
    if (before) return before;
    const record: Record = { atOnce: undefined, borne: undefined, held: 0, isBorne: true };
    this.#records.set(connection, record);
    return record;
  }
}
