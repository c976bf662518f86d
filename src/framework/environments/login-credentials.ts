/**
 * The login of an environment as what proves who calls. Tokens are renewed before they expire, by one process at a
 * time: a refresh token is good for once, and two commands that used the same one would end the session for both.
 */
import type { Tokens } from "../../blocks/auth/index.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { ReefError } from "../../core/errors.ts";
import type { CredentialSource } from "../../core/identity.ts";
import type { NamedEnvironment } from "./environments.ts";
import type { Login, Logins } from "./logins.ts";

export interface LoginCredentialsOptions {
  readonly environment: NamedEnvironment;
  readonly logins: Logins;
  /** Holds other processes off who would renew the same login. */
  readonly lock: (path: string) => Promise<Disposable>;
  /** Asks the platform of the environment, as nobody known, in the namespace of the login. */
  readonly refresh: (refreshToken: string, namespace: string) => Promise<Tokens>;
  readonly clock?: Clock;
}

/** Renewed when this part of its life is over: rare, and with time left for a platform to come back. */
const renewAfter = 0.8;

/** Between attempts to renew one that is still good. */
const againMs = 1_000;

/** Disposing it waits for a renewal that runs: what it brings must not be lost. */
export class LoginCredentials implements CredentialSource, AsyncDisposable {
  readonly #options: LoginCredentialsOptions;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #login: Login | undefined;
  #renewing: Promise<Login | undefined> | undefined;
  #triedMs = -Infinity;

  constructor(options: LoginCredentialsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Undefined where nobody is logged in.
   * @throws {ReefError} `unauthenticated` when the login has ended; what the way to the platform is lost with
   */
  async token(): Promise<string | undefined> {
    return (await this.login())?.accessToken;
  }

  /** Throws as `token` does. */
  async login(): Promise<Login | undefined> {
    const nowMs = this.#clock.wallMs();
    if (this.#login && nowMs < this.#login.renewMs) return this.#login;
    const isGood = this.#login !== undefined && nowMs < this.#login.expiresMs;
    if (isGood && nowMs - this.#triedMs < againMs) return this.#login;
    this.#renewing ??= this.#next().finally(() => {
      this.#renewing = undefined;
    });
    return await this.#renewing;
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    await this.#renewing?.catch(toldToWhoAsked);
  }

  async #next(): Promise<Login | undefined> {
    const { environment, logins, lock } = this.#options;
    const kept = await logins.read(environment);
    if (!kept || this.#isFresh(kept)) return this.#take(kept);
    using _ = await lock(logins.pathOf(environment.name));
    // Whoever had the lock before has done it.
    const latest = await logins.read(environment);
    if (!latest || this.#isFresh(latest)) return this.#take(latest);
    return this.#take(await this.#renew(latest));
  }

  async #renew(login: Login): Promise<Login> {
    const { environment, logins, refresh } = this.#options;
    this.#triedMs = this.#clock.wallMs();
    try {
      const tokens = await refresh(login.refreshToken, login.namespace);
      const next = { ...login, ...keptOf(tokens, this.#clock) };
      await logins.write(environment, next);
      return next;
    } catch (thrown) {
      const error = ReefError.from(thrown);
      if (error.code === "unauthenticated") throw ended(login, environment, error);
      // Still good: whoever is called says so himself if it is not.
      if (this.#clock.wallMs() < login.expiresMs) return login;
      throw thrown;
    }
  }

  #isFresh({ renewMs }: Login): boolean {
    return this.#clock.wallMs() < renewMs;
  }

  #take(login: Login | undefined): Login | undefined {
    const isOther = this.#login !== undefined && this.#login.accessToken !== login?.accessToken;
    this.#login = login;
    if (isOther) for (const listener of this.#listeners) listener();
    return login;
  }
}

/** What is kept of tokens, by this machine's own clock: the other one may go wrong. */
export function keptOf({ accessToken, expiresInMs, refreshToken }: Tokens, clock: Clock) {
  const nowMs = clock.wallMs();
  const renewMs = nowMs + expiresInMs * renewAfter;
  return { accessToken, refreshToken, expiresMs: nowMs + expiresInMs, renewMs };
}

function ended({ account }: Login, { name }: NamedEnvironment, cause: ReefError): ReefError {
  const rule = "it has ended, by time, by a logout or because somebody revoked it";
  const next = `log in again with "reef login --env ${name}"`;
  const text = `Cannot use the login of ${account} at ${name}: ${rule}; ${next}`;
  return new ReefError("unauthenticated", text, { cause, maybeExecuted: false });
}

/** Every call that waited for it has failed with it. */
function toldToWhoAsked(): void {}
