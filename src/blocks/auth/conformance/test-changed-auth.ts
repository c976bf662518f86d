/** An auth that does one thing otherwise than the honest one. */
import type { AuthUnderTest, OpenAuth } from "../conformance.ts";
import { openTestAuth } from "../drivers/store/test-auth.ts";
import type { Auth, Realm } from "../index.ts";

/** What a mutant does otherwise. */
export interface AuthChange {
  readonly realm?: (honest: Realm, it: AuthUnderTest, namespace: string) => Partial<Realm>;
  readonly auth?: (honest: Auth, it: AuthUnderTest) => Partial<Auth>;
}

export function openChanged({ realm, auth }: AuthChange = {}): OpenAuth {
  return async () => {
    const it = await openTestAuth();
    const changed = (honest: Auth): Auth => ({
      ...honest,
      realm: (namespace, by) => {
        const own = honest.realm(namespace, by);
        return { ...own, ...realm?.(own, it, namespace) };
      },
      ...auth?.(honest, it),
    });
    const own = changed(it.auth);
    return {
      ...it,
      auth: own,
      as: (actor) => ({
        exchange: (token, audience, given) => own.exchange(token, audience, { ...given, actor }),
      }),
      again: () => changed(it.again()),
    };
  };
}
