/** Ends the login of an environment, there and here. */
import { ReefError } from "../core/errors.ts";
import type { NamedEnvironment } from "../framework/environments/environments.ts";
import { Logins } from "../framework/environments/logins.ts";
import type { CommandContext } from "./command.ts";
import { lockConfig } from "./config-lock.ts";

/**
 * Forgets it here in any case. What became of it there as words for a person; undefined when nobody was logged in.
 */
export async function endLogin(
  { env, signal }: CommandContext,
  environment: NamedEnvironment,
): Promise<string | undefined> {
  const logins = new Logins(env);
  // A command that renews it must not write it again.
  using _ = await lockConfig(logins.pathOf(environment.name), signal);
  const login = await logins.read(environment).catch(unreadable);
  await logins.forget(environment.name);
  if (!login) return undefined;
  const { openRemotePlatform } = await import("../framework/environments/remote-platform.ts");
  const { namespace, refreshToken, account } = login;
  try {
    await using platform = await openRemotePlatform({ environment, namespace, signal });
    await platform.auth.logout(refreshToken, { signal });
    return `${account} is logged out`;
  } catch (thrown) {
    signal.throwIfAborted();
    const { message } = ReefError.from(thrown);
    return `${account} is logged out on this machine only, the session there stays until it expires (${message})`;
  }
}

/** What cannot be read is no use to anybody, and is forgotten. */
function unreadable(error: unknown): undefined {
  if (error instanceof ReefError) return undefined;
  throw error;
}
