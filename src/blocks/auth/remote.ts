/** Auth on the other side of a wire: each method is a call, a realm the namespace of its client. */
import type { AuthEvent } from "../../core/identity.ts";
import type { Client } from "../../rpc/client.ts";
import { untilAborted, withReason } from "../../rpc/remote-calls.ts";
import type { AuthContract } from "./contract.ts";
import type { Auth, Realm } from "./index.ts";
import { byMetadata } from "./remote/by-metadata.ts";

type AuthClient = Client<typeof AuthContract>;

/** Gives the client for a namespace. */
export type ConnectAuth = (namespace: string) => AuthClient;

/** The clients stay their owner's, who makes one for each namespace and not one for each time that he is asked. */
export function remoteAuth(connect: ConnectAuth): Auth {
  // What is the same for all namespaces is asked in the one that is always there.
  const shared = () => connect("default");
  return {
    realm: (namespace, by) => remoteRealm(connect(namespace), by),
    keys: ({ signal } = {}) => withReason(signal, () => shared().keys({}, { signal })),
    rotateKeys: ({ ifDue, by, signal } = {}) =>
      withReason(
        signal,
        async () => void (await shared().rotateKeys({ ifDue }, saidBy(by, signal))),
      ),
    verify: (token, audience, { signal } = {}) =>
      withReason(signal, () => shared().verify({ token, audience }, { signal })),
    // Who acts is who calls, unless the platform calls.
    exchange: (token, audience, { actor, signal } = {}) =>
      withReason(signal, () =>
        shared().exchange(
          {
            token,
            audience,
            actor: actor && { ...actor, serves: actor.serves && [...actor.serves] },
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
export function remoteRealm(client: AuthClient, by?: string): Realm {
  const as = (signal: AbortSignal | undefined) => saidBy(by, signal);
  return {
    createAccount: ({ scopes, ...account }, { signal } = {}) =>
      withReason(signal, () =>
        client.createAccount({ ...account, scopes: scopes && [...scopes] }, as(signal)),
      ),
    account: (id, { signal } = {}) =>
      withReason(signal, async () => (await client.account({ id }, as(signal))).account),
    accounts: ({ cursor, signal } = {}) =>
      withReason(signal, () => client.accounts({ cursor }, as(signal))),
    changeAccount: (id, { scopes, disabled }, { force, signal } = {}) =>
      withReason(signal, async () => {
        const change = { id, scopes: scopes && [...scopes], disabled, force };
        return (await client.changeAccount(change, as(signal))).account;
      }),
    renewSecret: (id, { secret, signal } = {}) =>
      withReason(signal, async () => (await client.renewSecret({ id, secret }, as(signal))).secret),
    deleteAccount: (id, { force, signal } = {}) =>
      withReason(
        signal,
        async () => (await client.deleteAccount({ id, force }, as(signal))).deleted,
      ),
    login: (id, secret, { signal } = {}) =>
      withReason(signal, () => client.login({ id, secret }, as(signal))),
    refresh: (refreshToken, { signal } = {}) =>
      withReason(signal, () => client.refresh({ refreshToken }, as(signal))),
    logout: (refreshToken, { signal } = {}) =>
      withReason(signal, async () => void (await client.logout({ refreshToken }, as(signal)))),
    issue: (id, { session, makeWithScopes: scopes, signal } = {}) =>
      withReason(signal, () => {
        const input = { id, session, makeWithScopes: scopes && [...scopes] };
        return client.issue(input, as(signal));
      }),
    createToken: (id, { scopes, signal, ...options } = {}) =>
      withReason(signal, () =>
        client.createToken({ ...options, id, scopes: scopes && [...scopes] }, as(signal)),
      ),
    sessions: ({ cursor, signal } = {}) =>
      withReason(signal, () => client.sessions({ cursor }, as(signal))),
    endSession: (session, { signal } = {}) =>
      withReason(signal, async () => (await client.endSession({ session }, as(signal))).ended),
    rules: ({ signal } = {}) =>
      withReason(signal, async () => (await client.rules({}, as(signal))).rules),
    putRule: (rule, { force, signal } = {}) =>
      withReason(signal, async () => void (await client.putRule({ rule, force }, as(signal)))),
    deleteRule: (id, { force, signal } = {}) =>
      withReason(signal, async () => (await client.deleteRule({ id, force }, as(signal))).deleted),
    explain: (account, resource, { signal } = {}) =>
      withReason(signal, () => client.explain({ account, resource }, as(signal))),
    audit: ({ signal, ...asked } = {}) => withReason(signal, () => client.audit(asked, as(signal))),
    report: (reports, { signal } = {}) =>
      withReason(
        signal,
        async () => void (await client.report({ reports: [...reports] }, as(signal))),
      ),
  };
}

/** Only the platform is believed: others are known by their own tokens. */
function saidBy(by: string | undefined, signal: AbortSignal | undefined) {
  return { signal, ...(by !== undefined && { metadata: { [byMetadata]: by } }) };
}
