/**
 * The identity of a service that somebody has started by hand: the owner of the machine, who may read the file that
 * says so. With that it gets an identity of its own, as if the runtime had started it, and may do no more than that.
 */
import type { Realm } from "../blocks/auth/index.ts";
import { backoffMs } from "../core/backoff.ts";
import { type Clock, sleep, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import {
  type CredentialSource,
  isRevoked,
  parseTokenId,
  type Revocation,
  type TokenId,
} from "../core/identity.ts";
import type { Logger } from "../core/log.ts";
import { peekToken } from "../core/peek-token.ts";

export interface IssuedIdentityOptions {
  /** `service:trip` */
  readonly account: string;
  /** Asks auth as who may give it this identity; connects for as long as `use` takes. */
  readonly ask: <T>(use: (realm: Realm) => Promise<T>) => Promise<T>;
  /** Hears when it may have none any more, and when it has one again. @default nobody does */
  readonly log?: Pick<Logger, "info" | "warn"> | undefined;
  readonly clock?: Clock;
}

/** Between attempts while the platform is away: within half of the life of a token it is back or nothing is lost. */
const againMsMax = 5_000;

/** The wall clock jumps when a machine wakes up, and timers do not. */
const lookEveryMs = 15_000;

/** The account is not there any more, or disabled. */
const lost: ReadonlySet<string> = new Set(["not_found", "failed_precondition"]);

/** Disposing it ends the session. */
export class IssuedIdentity implements CredentialSource, AsyncDisposable {
  readonly #options: IssuedIdentityOptions & { readonly clock: Clock };
  readonly #listeners = new Set<() => void>();
  readonly #closing = new AbortController();
  #hurry = new AbortController();
  #token: string | undefined;
  #renewAtMs = 0;
  /** Attempts in a row. */
  #failures = 0;
  #keeping: Promise<void> = Promise.resolve();

  private constructor({ clock = systemClock, ...options }: IssuedIdentityOptions) {
    this.#options = { ...options, clock };
  }

  /** @throws {ReefError} whatever auth says to who asks: nobody known may give nobody an identity */
  static async open(options: IssuedIdentityOptions): Promise<IssuedIdentity> {
    const identity = new IssuedIdentity(options);
    // Only at the beginning: one that somebody has deleted since is not made anew behind his back.
    await identity.#renew({ makeWithScopes: ["service"] });
    identity.#keeping = identity.#keep();
    return identity;
  }

  token(): string | undefined {
    return this.#token;
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** A token that is refused from now on is replaced at once, if the account may still have one. */
  hear(revocation: Revocation): void {
    const present = this.#tokenId;
    if (present && isRevoked(present, revocation)) this.#hurry.abort();
  }

  /** The platform has refused the token, whatever it says itself. */
  refused(): void {
    // Whoever has failed already tries again in his own time.
    if (this.#failures === 0) this.#hurry.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#keeping;
    const session = this.#tokenId?.session;
    if (session === undefined) return;
    // A platform that is gone by now cannot be told; the session then ends by itself.
    await this.#options.ask((realm) => realm.endSession(session)).catch(notTold);
  }

  get #tokenId(): TokenId | undefined {
    const about = peekToken(this.#token ?? "");
    return about && parseTokenId(about.sid);
  }

  async #keep(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one token after the other
      await this.#untilDue();
      if (this.#closing.signal.aborted) return;
      this.#hurry = new AbortController();
      try {
        // oxlint-disable-next-line no-await-in-loop
        await this.#renew();
        this.#failures = 0;
      } catch (error) {
        this.#failures += 1;
        this.#lose(ReefError.from(error));
      }
    }
  }

  async #untilDue(): Promise<void> {
    const { clock } = this.#options;
    const signal = AbortSignal.any([this.#closing.signal, this.#hurry.signal]);
    const wait = (delayMs: number) =>
      sleep(delayMs, { clock, signal, background: true }).catch(woken);
    if (this.#failures > 0) return wait(backoffMs(this.#failures, { maxMs: againMsMax }));
    for (;;) {
      const restMs = this.#renewAtMs - clock.wallMs();
      if (restMs <= 0 || signal.aborted) return;
      // oxlint-disable-next-line no-await-in-loop -- see `lookEveryMs`
      await wait(Math.min(restMs, lookEveryMs));
    }
  }

  async #renew(options: { readonly makeWithScopes?: readonly string[] } = {}): Promise<void> {
    const { account, ask, clock, log } = this.#options;
    const asked = { ...options, session: this.#tokenId?.session };
    const { accessToken, expiresInMs } = await ask((realm) => realm.issue(account, asked));
    const isBack = this.#renewAtMs > 0 && this.#token === undefined;
    this.#token = accessToken;
    this.#renewAtMs = clock.wallMs() + expiresInMs / 2;
    if (isBack) log?.info(`${account} may act on the platform again`);
    this.#tell();
  }

  /** Of a platform that is away nothing is known, and the token may be good until it is back. */
  #lose({ code, message }: ReefError): void {
    const { account, log } = this.#options;
    if (!lost.has(code) || this.#token === undefined) return;
    this.#token = undefined;
    const next =
      code === "not_found"
        ? "start this service again, and it gets another account"
        : `"reef auth change ${account} --enable" lets it act again`;
    log?.warn(`${account} may not act on the platform any more: ${next}`, { code, message });
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** It is time, or nobody waits for it any more: the loop sees which by itself. */
function woken(): void {}

function notTold(): void {}
