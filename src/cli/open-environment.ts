/** The platform of another environment, with the login that is kept for it. */
import { AuthContract } from "../blocks/auth/contract.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { keepLogin } from "../framework/environments/keep-login.ts";
import { LoginCredentials } from "../framework/environments/login-credentials.ts";
import { Logins } from "../framework/environments/logins.ts";
import type { NamedEnvironment } from "../framework/environments/environments.ts";
import { openRemotePlatform } from "../framework/environments/remote-platform.ts";
import type { Platform } from "../framework/platform.ts";
import { lockConfig } from "./config-lock.ts";

export interface OpenEnvironmentOptions {
  readonly environment: NamedEnvironment;
  readonly env: { readonly [name: string]: string | undefined };
  readonly namespace?: string | undefined;
  /** As nobody, whoever is logged in. @default false */
  readonly anonymous?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** @throws {ReefError} `unavailable` when nobody answers there; `data_loss` for a login that is damaged */
export async function openEnvironment(options: OpenEnvironmentOptions): Promise<Platform> {
  const { environment, env, namespace = "default", anonymous = false, signal } = options;
  const { clock = systemClock } = options;
  if (anonymous) return await openRemotePlatform({ environment, namespace, signal });
  await using stack = new AsyncDisposableStack();
  const credentials = stack.use(
    new LoginCredentials({
      environment,
      clock,
      logins: new Logins(env),
      lock: (path) => lockConfig(path, new AbortController().signal),
      async refresh(refreshToken, realm) {
        await using nobody = await openRemotePlatform({ environment, namespace: realm });
        return await nobody.auth.refresh(refreshToken);
      },
    }),
  );
  const platform = stack.use(
    await openRemotePlatform({ environment, namespace, credentials, signal }),
  );
  const kept = new AbortController();
  const keeping = keepLogin({
    renewMs: async () => (await credentials.login())?.renewMs,
    async show() {
      const token = await credentials.token();
      await using auth = platform.client(AuthContract);
      // What everybody known may ask.
      if (token !== undefined)
        await auth.exchange({ token, audience: "auth" }, { signal: kept.signal });
    },
    clock,
    signal: kept.signal,
  });
  const owned = stack.move();
  owned.defer(() => keeping);
  owned.defer(() => kept.abort(new ReefError("cancelled", "The command is over")));
  return { ...platform, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
