/** Auth on the other side of a wire: each method is a call, a realm the namespace of its client. */
import type { AuthEvent } from "../../core/identity.ts";
import type { Client } from "../../rpc/client.ts";
import { untilAborted, withReason } from "../../rpc/remote-calls.ts";
import type { AuthContract } from "./contract.ts";
import type { Auth, Realm } from "./index.ts";

type AuthClient = Client<typeof AuthContract>;

/** Gives the client for a namespace. */
export type ConnectAuth = (namespace: string) => AuthClient;

/** The clients stay their owner's, who makes one for each namespace and not one for each time that he is asked. */
export function remoteAuth(connect: ConnectAuth): Auth {
  // What is the same for all namespaces is asked in the one that is always there.
  const shared = () => connect("default");
  return {
    realm: (namespace) => remoteRealm(connect(namespace)),
    keys: ({ signal } = {}) => withReason(signal, () => shared().keys({}, { signal })),
    rotateKeys: ({ signal } = {}) =>
      withReason(signal, async () => void (await shared().rotateKeys({}, { signal }))),
    verify: (token, audience, { signal } = {}) =>
      withReason(signal, () => shared().verify({ token, audience }, { signal })),
    // Who acts is who calls, unless the platform calls.
    exchange: (token, audience, { actor, signal } = {}) =>
      withReason(signal, () =>
        shared().exchange(
          {
            token,
            audience,
            actor: actor && { account: actor.account, namespace: actor.namespace },
          },
          { signal },
        ),
      ),
    watch: ({ signal } = {}) =>
      // With each kind comes what belongs to it: auth wrote it from the same type.
      untilAborted(signal, () => shared().watch({}, { signal }) as AsyncIterator<AuthEvent>),
  };
}

/** The client stays its owner's. */
export function remoteRealm(client: AuthClient): Realm {
  return {
    createAccount: ({ scopes, ...account }, { signal } = {}) =>
      withReason(signal, () =>
        client.createAccount({ ...account, scopes: scopes && [...scopes] }, { signal }),
      ),
    account: (id, { signal } = {}) =>
      withReason(signal, async () => (await client.account({ id }, { signal })).account),
    accounts: ({ cursor, signal } = {}) =>
      withReason(signal, () => client.accounts({ cursor }, { signal })),
    changeAccount: (id, { scopes, disabled }, { force, signal } = {}) =>
      withReason(signal, async () => {
        const change = { id, scopes: scopes && [...scopes], disabled, force };
        return (await client.changeAccount(change, { signal })).account;
      }),
    renewSecret: (id, { secret, signal } = {}) =>
      withReason(signal, async () => (await client.renewSecret({ id, secret }, { signal })).secret),
    deleteAccount: (id, { force, signal } = {}) =>
      withReason(
        signal,
        async () => (await client.deleteAccount({ id, force }, { signal })).deleted,
      ),
    login: (id, secret, { signal } = {}) =>
      withReason(signal, () => client.login({ id, secret }, { signal })),
    refresh: (refreshToken, { signal } = {}) =>
      withReason(signal, () => client.refresh({ refreshToken }, { signal })),
    logout: (refreshToken, { signal } = {}) =>
      withReason(signal, async () => void (await client.logout({ refreshToken }, { signal }))),
    issue: (id, { session, makeWithScopes: scopes, signal } = {}) =>
      withReason(signal, () => {
        const input = { id, session, makeWithScopes: scopes && [...scopes] };
        return client.issue(input, { signal });
      }),
    createToken: (id, { scopes, signal, ...options } = {}) =>
      withReason(signal, () =>
        client.createToken({ ...options, id, scopes: scopes && [...scopes] }, { signal }),
      ),
    sessions: ({ cursor, signal } = {}) =>
      withReason(signal, () => client.sessions({ cursor }, { signal })),
    endSession: (session, { signal } = {}) =>
      withReason(signal, async () => (await client.endSession({ session }, { signal })).ended),
    rules: ({ signal } = {}) =>
      withReason(signal, async () => (await client.rules({}, { signal })).rules),
    putRule: (rule, { force, signal } = {}) =>
      withReason(signal, async () => void (await client.putRule({ rule, force }, { signal }))),
    deleteRule: (id, { force, signal } = {}) =>
      withReason(signal, async () => (await client.deleteRule({ id, force }, { signal })).deleted),
    explain: (account, resource, { signal } = {}) =>
      withReason(signal, () => client.explain({ account, resource }, { signal })),
    audit: ({ cursor, signal } = {}) =>
      withReason(signal, () => client.audit({ cursor }, { signal })),
  };
}
