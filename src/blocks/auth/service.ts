/** Any auth as a service: the realm is the namespace of the call, so that nobody can ask for another one. */
import { type AuditReport, doorEvents, nameIn } from "../../core/audit.ts";
import { ReefError } from "../../core/errors.ts";
import type { Actor, AuthEvent, Caller } from "../../core/identity.ts";
import { homeNamespace, isHomeOwner, mayActIn, subjectOf } from "../../core/namespace-access.ts";
import type { Call } from "../../rpc/server-call.ts";
import { service, type Service } from "../../rpc/service.ts";
import { AuthContract } from "./contract.ts";
import type { Auth, Realm } from "./index.ts";
import { byMetadata } from "./remote/by-metadata.ts";

export interface AuthServiceOptions {
  /**
   * Everybody is asked who he is; where nobody is, one whom nobody knows hears and does everything. @default false
   */
  readonly isGuarded?: boolean;
  /** Only the platform calls, for others: it says who acts. @default false */
  readonly isPlatformCalling?: boolean;
  /** The names under which a service serves. @default that of its account alone */
  readonly servedBy?: (caller: Caller) => readonly string[];
  /** Since when this one reads the audit of a namespace: what came before is not his. @default all of it */
  readonly auditedSince?: (caller: Caller, namespace: string) => number | undefined;
}

export function authService(
  auth: Auth,
  { isGuarded = false, isPlatformCalling = false, servedBy, auditedSince }: AuthServiceOptions = {},
): Service<typeof AuthContract> {
  const isTrusted = ({ kind }: Caller) => kind === "anonymous" && !isGuarded;

  function byOf({ caller, metadata }: Asking, namespace: string): string | undefined {
    const isSaid = isPlatformCalling || isTrusted(caller);
    return isSaid ? metadata[byMetadata] : nameOf(caller, namespace);
  }

  function realmOf(asking: Asking): Realm {
    return auth.realm(asking.namespace, byOf(asking, asking.namespace));
  }

  return service(AuthContract, {
    createAccount: (account, call) => realmOf(call).createAccount(account, call),
    async account({ id }, call) {
      return { account: await realmOf(call).account(id, call) };
    },
    accounts: ({ cursor }, call) => realmOf(call).accounts({ cursor, signal: call.signal }),
    async changeAccount({ id, force, ...change }, call) {
      const options = { force, signal: call.signal };
      return { account: await realmOf(call).changeAccount(id, change, options) };
    },
    async renewSecret({ id, secret }, call) {
      const options = { ...(secret !== undefined && { secret }), signal: call.signal };
      return { secret: await realmOf(call).renewSecret(id, options) };
    },
    async deleteAccount({ id, force }, call) {
      return { deleted: await realmOf(call).deleteAccount(id, { force, signal: call.signal }) };
    },
    login: ({ id, secret }, call) => realmOf(call).login(id, secret, call),
    refresh: ({ refreshToken }, call) => realmOf(call).refresh(refreshToken, call),
    async logout({ refreshToken }, call) {
      await realmOf(call).logout(refreshToken, call);
      return {};
    },
    issue: ({ id, ...options }, call) =>
      realmOf(call).issue(id, { ...options, signal: call.signal }),
    createToken: ({ id, ...options }, call) =>
      realmOf(call).createToken(id, { ...options, signal: call.signal }),
    sessions: ({ cursor }, call) => realmOf(call).sessions({ cursor, signal: call.signal }),
    async endSession({ session }, call) {
      return { ended: await realmOf(call).endSession(session, call) };
    },
    async rules(_input, call) {
      return { rules: await realmOf(call).rules(call) };
    },
    async putRule({ rule, force }, call) {
      await realmOf(call).putRule(rule, { force, signal: call.signal });
      return {};
    },
    async deleteRule({ id, force }, call) {
      return { deleted: await realmOf(call).deleteRule(id, { force, signal: call.signal }) };
    },
    explain: ({ account, resource }, call) => realmOf(call).explain(account, resource, call),
    audit(asked, call) {
      const { caller, namespace, signal } = call;
      const fromMs = auditedSince?.(caller, namespace);
      const sinceMs = fromMs === undefined ? asked.sinceMs : Math.max(fromMs, asked.sinceMs ?? 0);
      return realmOf(call).audit({ ...asked, sinceMs, signal });
    },
    async report({ reports }, call) {
      const { namespace, caller, signal } = call;
      const isSaid = isPlatformCalling || isTrusted(caller);
      if (!isSaid) refuseForeign(caller, reports);
      const by = isSaid ? call.metadata[byMetadata] : reporterOf(call);
      await auth.realm(namespace, by).report(reports, { signal });
      return {};
    },
    keys: (_input, call) => auth.keys(call),
    async rotateKeys({ ifDue }, call) {
      // They are those of all namespaces.
      if (!isTrusted(call.caller) && !isHomeOwner(subjectOf(call.caller))) throw notHisKeys();
      await auth.rotateKeys({ ifDue, by: byOf(call, homeNamespace), signal: call.signal });
      return {};
    },
    verify: ({ token, audience }, call) => auth.verify(token, audience, call),
    exchange: ({ token, audience, actor: named }, { caller, signal }) => {
      const actor = isPlatformCalling ? named : actorOf(caller, servedBy);
      if (named && (named.account !== actor?.account || named.namespace !== actor.namespace)) {
        throw anotherActs();
      }
      return auth.exchange(token, audience, { actor, signal });
    },
    watch: (_input, { caller, signal }) => {
      const events = auth.watch({ signal });
      return isTrusted(caller) ? events : heardBy(caller, events);
    },
  });
}

type Asking = Pick<Call, "namespace" | "caller" | "metadata">;

/** As the log has it. */
function nameOf(caller: Caller, namespace: string): string | undefined {
  if (caller.kind === "anonymous") return undefined;
  return nameIn(namespace, caller);
}

/** Entrances in processes of their own have one account, by which they act for their users; each says which it is. */
const edge = "edge:gateway";
const edges: ReadonlySet<string | undefined> = new Set([edge, "edge:proxy"]);

function reporterOf({ caller, namespace, metadata }: Asking): string | undefined {
  const isEdge = caller.kind !== "anonymous" && caller.id === edge;
  if (!isEdge) return nameOf(caller, namespace);
  const said = metadata[byMetadata];
  return edges.has(said) ? said : edge;
}

/** Services decide about themselves and what their ports show, and nobody but the platform about that. */
function refuseForeign(caller: Caller, reports: readonly AuditReport[]): void {
  if (isHomeOwner(subjectOf(caller))) return;
  const isOwn = ({ event, resource = "service:" }: AuditReport) =>
    doorNames.has(event) && ownResource.test(resource);
  if (reports.every(isOwn)) return;
  const text = "Cannot report this: a service reports what it has decided about services alone";
  throw new ReefError("permission_denied", text, { maybeExecuted: false });
}

const ownResource = /^(service|block:entrance|\*):/;
const doorNames: ReadonlySet<string> = new Set(doorEvents);

function actorOf(caller: Caller, servedBy: AuthServiceOptions["servedBy"]): Actor | undefined {
  if (caller.kind === "anonymous") return undefined;
  return { account: caller.id, namespace: caller.namespace, serves: servedBy?.(caller) };
}

function anotherActs(): ReefError {
  const text = "Cannot exchange the token: only the platform names who acts; leave the actor out";
  return new ReefError("permission_denied", text, { maybeExecuted: false });
}

/** The rules of his own namespace are enough for a door of that; those of others say who others are. */
async function* heardBy(
  caller: Caller,
  events: AsyncIterable<AuthEvent>,
): AsyncIterable<AuthEvent> {
  for await (const event of events) {
    if (event.kind !== "rules" || mayActIn(subjectOf(caller), event.namespace)) yield event;
  }
}

function notHisKeys(): ReefError {
  const text = `Cannot rotate the keys of the platform: only owners of "${homeNamespace}" may; ask one of them`;
  return new ReefError("permission_denied", text, { maybeExecuted: false });
}
