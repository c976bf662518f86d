/** What proves to one service who calls it, or on whose behalf: a token that is renewed for as long as it is used. */
import type { Clock, Timer } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { EventSource, type Events } from "../core/events.ts";
import type { BoundToken } from "../core/identity.ts";
import { peekToken } from "../core/peek-token.ts";

/** Renewed when this part of its life is over: late enough to be rare, and early enough for a platform to come back. */
const renewAfter = 0.8;
/** Between attempts to renew one. */
const againMs = 1_000;

export class Pass {
  readonly #make: () => Promise<BoundToken>;
  readonly #clock: Clock;
  readonly #changed = new EventSource<string>();
  /** Whom it is about. */
  readonly account: string;
  /** What it went by on the connection that showed it last: of two connections each looks whether it is right there. */
  numberHint = 0;
  #token: string;
  #expiresMs: number;
  #renewAtMs: number;
  #renewing: Promise<void> | undefined;
  #uses = 0;
  #timer: Timer | undefined;

  constructor(bound: BoundToken, make: () => Promise<BoundToken>, clock: Clock) {
    this.#make = make;
    this.#clock = clock;
    this.account = peekToken(bound.token)?.sub ?? "";
    this.#token = bound.token;
    this.#expiresMs = bound.expiresMs;
    this.#renewAtMs = renewalOf(bound, clock.wallMs());
  }

  get token(): string {
    return this.#token;
  }

  /** Each token that takes the place of another. */
  get changed(): Events<string> {
    return this.#changed;
  }

  /** For a call that is made now; a promise while another token has to be waited for. */
  forCall(nowMs: number): Pass | Promise<Pass> {
    if (nowMs < this.#renewAtMs) return this;
    const renewing = this.#renew();
    return nowMs < this.#expiresMs ? this : renewing.then(() => this);
  }

  /** What it was made of is another one. */
  outdate(): void {
    this.#renewAtMs = 0;
    if (this.#uses > 0) void this.#renew();
  }

  /**
   * Something lasts that stands on it, until what this returns is disposed: it is renewed in time, also without calls.
   */
  use(): Disposable {
    this.#uses += 1;
    this.#arm();
    return {
      [Symbol.dispose]: () => {
        this.#uses -= 1;
        if (this.#uses > 0) return;
        this.#timer?.cancel();
        this.#timer = undefined;
      },
    };
  }

  #arm(): void {
    if (this.#timer || this.#uses === 0 || this.#renewAtMs === Infinity) return;
    const delayMs = Math.max(0, this.#renewAtMs - this.#clock.wallMs());
    const due = () => {
      this.#timer = undefined;
      void this.#renew();
    };
    this.#timer = this.#clock.after(delayMs, due, { background: true });
  }

  #renew(): Promise<void> {
    return (this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = undefined;
      this.#arm();
    }));
  }

  /** Without another one the old one is shown on: far sides may bear it while auth is away. */
  async #renewOnce(): Promise<void> {
    try {
      const bound = await this.#make();
      const nowMs = this.#clock.wallMs();
      // What it is made of lives no longer: only another one of that helps.
      this.#renewAtMs = bound.expiresMs > this.#expiresMs ? renewalOf(bound, nowMs) : Infinity;
      this.#token = bound.token;
      this.#expiresMs = bound.expiresMs;
      this.#changed.emit(bound.token);
    } catch (error) {
      if (!(error instanceof ReefError)) throw error;
      this.#renewAtMs = this.#clock.wallMs() + againMs;
    }
  }
}

function renewalOf({ expiresMs }: BoundToken, nowMs: number): number {
  return nowMs + (expiresMs - nowMs) * renewAfter;
}
