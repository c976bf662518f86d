/**
 * The identity of a service that somebody has started by hand: the owner of the machine, who may read the file that
 * says so. With that it gets an identity of its own, as if the runtime had started it, and may do no more than that.
 */
import type { Realm } from "../blocks/auth/index.ts";
import { backoffMs } from "../core/backoff.ts";
import { type Clock, sleep, systemClock } from "../core/clock.ts";
import { type CredentialSource, parseTokenId } from "../core/identity.ts";
import { peekToken } from "../core/peek-token.ts";

export interface IssuedIdentityOptions {
  /** `service:trip` */
  readonly account: string;
  /** Asks auth as who may give it this identity; connects for as long as `use` takes. */
  readonly ask: <T>(use: (realm: Realm) => Promise<T>) => Promise<T>;
  readonly clock?: Clock;
}

/** Between attempts while the platform is away: within half of the life of a token it is back or nothing is lost. */
const againMsMax = 5_000;

/** The wall clock jumps when a machine wakes up, and timers do not. */
const lookEveryMs = 15_000;

/** Disposing it ends the session. */
export class IssuedIdentity implements CredentialSource, AsyncDisposable {
  readonly #options: IssuedIdentityOptions & { readonly clock: Clock };
  readonly #listeners = new Set<() => void>();
  readonly #closing = new AbortController();
  #token: string | undefined;
  #renewAtMs = 0;
  #keeping: Promise<void> = Promise.resolve();

  private constructor({ clock = systemClock, ...options }: IssuedIdentityOptions) {
    this.#options = { ...options, clock };
  }

  /** @throws {ReefError} whatever auth says to who asks: nobody known may give nobody an identity */
  static async open(options: IssuedIdentityOptions): Promise<IssuedIdentity> {
    const identity = new IssuedIdentity(options);
    await identity.#renew();
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

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#keeping;
    const session = this.#session;
    if (session === undefined) return;
    // A platform that is gone by now cannot be told; the session then ends by itself.
    await this.#options.ask((realm) => realm.endSession(session)).catch(notTold);
  }

  get #session(): string | undefined {
    const about = peekToken(this.#token ?? "");
    return about && parseTokenId(about.sid).session;
  }

  async #keep(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      const restMs = Math.max(0, this.#renewAtMs - clock.wallMs());
      const delayMs =
        failures > 0 ? backoffMs(failures, { maxMs: againMsMax }) : Math.min(restMs, lookEveryMs);
      // oxlint-disable-next-line no-await-in-loop -- one token after the other
      await sleep(delayMs, { clock, signal, background: true }).catch(stopped);
      if (signal.aborted || (failures === 0 && restMs > delayMs)) continue;
      try {
        // oxlint-disable-next-line no-await-in-loop
        await this.#renew();
        failures = 0;
      } catch {
        // What the token is good for until then is enough; who is refused afterwards hears why.
        failures += 1;
      }
    }
  }

  async #renew(): Promise<void> {
    const { account, ask, clock } = this.#options;
    const options = { session: this.#session, makeWithScopes: ["service"] };
    const { accessToken, expiresInMs } = await ask((realm) => realm.issue(account, options));
    this.#token = accessToken;
    this.#renewAtMs = clock.wallMs() + expiresInMs / 2;
    for (const listener of this.#listeners) listener();
  }
}

/** The sleep was ended because this is: the loop sees it by itself. */
function stopped(): void {}

function notTold(): void {}
