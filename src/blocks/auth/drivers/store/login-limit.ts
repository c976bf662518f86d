/**
 * How often a secret may be guessed: a few times, then after waits that double. Counted by account, as an attacker has
 * many addresses; its owner meanwhile uses the sessions that it has, which are not counted.
 */
import type { Clock } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import { TokenBucket } from "../../../../core/token-bucket.ts";
import { loginFailuresMax, sessionsMax } from "../../index.ts";

interface Failures {
  readonly count: number;
  /** On the monotonic clock. */
  readonly untilMs: number;
}

const firstWaitMs = 1_000;
/** A guess every quarter of an hour finds nothing; a person who forgot a secret is not shut out for the day. */
const waitMsMax = 900_000;
/**
 * Logins of one account that are checked at once: all processes of a fleet may come at the same moment, and who guesses
 * beside himself must not get far by it.
 */
const underwayMax = 16;
/** Names that are remembered: whoever guesses names as well pushes out the oldest. */
const namesMax = 10_000;

/**
 * More at once than an account has sessions only end each other, and each is written down for months: a program that
 * logs in for each of its calls must not fill the disk.
 */
const loginEveryS = 10;

export class LoginLimit {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();
  readonly #underway = new Map<string, number>();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A login begins; it is over when what this returns is disposed.
   * @throws {ReefError} `resource_exhausted` while it has to wait, and beyond `underwayMax` at once
   */
  begin(name: string): Disposable {
    this.#check(name);
    const underway = this.#underway.get(name) ?? 0;
    if (underway >= underwayMax) {
      const rule = `${underwayMax} logins of this account are being checked, the most at once`;
      throw new ReefError("resource_exhausted", `Cannot log in: ${rule}; try again in a second`, {
        maybeExecuted: false,
      });
    }
    this.#underway.set(name, underway + 1);
    return { [Symbol.dispose]: () => this.#end(name) };
  }

  #end(name: string): void {
    const left = (this.#underway.get(name) ?? 1) - 1;
    if (left === 0) this.#underway.delete(name);
    else this.#underway.set(name, left);
  }

  #check(name: string): void {
    const leftMs = (this.#failures.get(name)?.untilMs ?? 0) - this.#clock.monotonicMs();
    if (leftMs <= 0) return;
    throw new ReefError(
      "resource_exhausted",
      `Cannot log in: the last ${loginFailuresMax} secrets or more were wrong; try again in ${Math.ceil(leftMs / 1_000)} s`,
      { maybeExecuted: false },
    );
  }

  /** Whether it has logged in lately. */
  hasSucceeded(name: string): boolean {
    return this.#buckets.has(name);
  }

  failed(name: string): void {
    const count = (this.#failures.get(name)?.count ?? 0) + 1;
    const over = count - loginFailuresMax;
    const waitMs = over < 0 ? 0 : Math.min(firstWaitMs * 2 ** over, waitMsMax);
    // Deleted first, so that the one that was not heard of for longest is the first of the map.
    this.#failures.delete(name);
    this.#failures.set(name, { count, untilMs: this.#clock.monotonicMs() + waitMs });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > namesMax && oldest !== undefined) this.#failures.delete(oldest);
  }

  /** @throws {ReefError} `resource_exhausted` for more logins than anybody has a use for */
  succeeded(name: string): void {
    this.#failures.delete(name);
    const bucket = this.#buckets.get(name) ?? new TokenBucket(this.#clock, sessionsMax);
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > namesMax && oldest !== undefined) this.#buckets.delete(oldest);
    const waitMs = bucket.take(1 / loginEveryS, { most: sessionsMax });
    if (waitMs === 0) return;
    throw new ReefError(
      "resource_exhausted",
      `Cannot log in: this account has logged in ${sessionsMax} times in a row, the limit; use the refresh token of one, ` +
        `or try again in ${Math.ceil(waitMs / 1_000)} s`,
      { maybeExecuted: false },
    );
  }
}
