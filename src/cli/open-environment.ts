/** The platform of another environment, with the login that is kept for it. */
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
}

/** @throws {ReefError} `unavailable` when nobody answers there; `data_loss` for a login that is damaged */
export async function openEnvironment(options: OpenEnvironmentOptions): Promise<Platform> {
  const { environment, env, namespace = "default", anonymous = false, signal } = options;
  if (anonymous) return await openRemotePlatform({ environment, namespace, signal });
  await using stack = new AsyncDisposableStack();
  const credentials = stack.use(
    new LoginCredentials({
      environment,
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
  const owned = stack.move();
  return { ...platform, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
