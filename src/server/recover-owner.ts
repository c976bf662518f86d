/**
 * For whoever has lost the secret of the first owner, or has locked all owners out: who may write the state folder is
 * the owner. It works through a platform that runs, and on its store when none does.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { AuthContract } from "../blocks/auth/contract.ts";
import type { Realm } from "../blocks/auth/index.ts";
import { remoteAuth } from "../blocks/auth/remote.ts";
import type { Resource } from "../core/access-rules.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { homeNamespace, ownerScope } from "../core/namespace-access.ts";
import type { StateFolder } from "../framework/state-folder.ts";
import { createAddressRoute } from "../rpc/address-route.ts";
import { createClient } from "../rpc/client.ts";
import { ConnectionPool } from "../rpc/connection-pool.ts";
import { openConnection } from "../rpc/wire/connect.ts";
import { profileOn } from "./backend.ts";
import { openStore } from "./drivers.ts";
import { firstOwner, ownerSecret } from "./first-owner.ts";
import { firstRulesSince } from "./first-rules.ts";
import { openPartIdentities } from "./identity/parts.ts";
import { writeWhole } from "./identity/write-whole.ts";
import { ownParts, ownPlatform } from "./own-parts.ts";
import { openAuthOn } from "./parts/auth.ts";

export interface RecoverOwnerOptions {
  readonly state: StateFolder;
  /** The URL of the store's server, for a platform that does not run. @default the store is in the state folder */
  readonly backend?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Recovery {
  readonly account: string;
  /** Holds the new secret; nobody else can read it. */
  readonly file: string;
  /** Whether the platform runs. */
  readonly running: boolean;
  /** What was done, in the order in which it was, as sentences. */
  readonly did: readonly string[];
}

/**
 * @throws {ReefError} `not_found` where no platform has been; `failed_precondition` when another process has the store;
 *   `unavailable` when the platform that runs has no auth
 */
export async function recoverOwner(options: RecoverOwnerOptions): Promise<Recovery> {
  const { state } = options;
  if (!(await isThere(join(state.path, "seal.key")))) throw noPlatform(state);
  await using stack = new AsyncDisposableStack();
  const running = await connect(options, stack);
  const realm = running ?? (await openStopped(options, stack));
  const secret = ownerSecret();
  const did = [...(await restoreAccount(realm, secret)), ...(await restoreRules(realm))];
  const file = join(state.path, "owner.secret");
  await writeWhole(file, secret);
  return { account: firstOwner, file, running: running !== undefined, did };
}

/** The platform that runs; undefined when none does. */
async function connect(
  { state, signal }: RecoverOwnerOptions,
  stack: AsyncDisposableStack,
): Promise<Realm | undefined> {
  const credentials = (await openPartIdentities(state)).credentials("keeper");
  const pool = stack.use(
    new ConnectionPool((address, closed) =>
      openConnection(address, { credentials, signal: closed }),
    ),
  );
  try {
    await pool.open(state.control);
  } catch (error) {
    signal?.throwIfAborted();
    if (ReefError.from(error).code !== "unavailable") throw error;
    return undefined;
  }
  const route = createAddressRoute(state.control, pool);
  const given = { route, deadlines: new DeadlineSweep(), namespace: homeNamespace };
  const client = createClient(AuthContract, given);
  return remoteAuth(() => client).realm(homeNamespace);
}

/** Nobody starts it meanwhile. */
async function openStopped(
  { state, backend }: RecoverOwnerOptions,
  stack: AsyncDisposableStack,
): Promise<Realm> {
  const profile = profileOn(backend);
  if (profile.store.driver === "sqlite" && !(await isThere(state.store))) throw noStore(state);
  try {
    stack.use(ownPlatform(state));
  } catch (cause) {
    throw notYet(state, cause);
  }
  stack.use(await ownParts(["store", "auth"], state));
  const store = stack.use(await openStore(profile, { path: state.store, backend }));
  // As the log has it of a platform that runs.
  return (await openAuthOn(store, { profile, state })).realm(homeNamespace, "service:reef-keeper");
}

async function restoreAccount(realm: Realm, secret: string): Promise<string[]> {
  const before = await realm.account(firstOwner);
  if (!before) {
    await realm.createAccount({ id: firstOwner, scopes: [ownerScope], secret });
    return [`${firstOwner} was not there: it is made again`];
  }
  const did: string[] = [];
  const isOwner = before.scopes.includes(ownerScope);
  if (before.disabled || !isOwner) {
    const scopes = isOwner ? before.scopes : [...before.scopes, ownerScope];
    await realm.changeAccount(firstOwner, { scopes, disabled: false }, { force: true });
    if (before.disabled) did.push(`${firstOwner} was disabled: it is enabled again`);
    if (!isOwner) did.push(`${firstOwner} has the scope "${ownerScope}" again`);
  }
  await realm.renewSecret(firstOwner, { secret });
  return [...did, `${firstOwner} has a new secret, and its logins and tokens have ended`];
}

/** What an owner must be let do to look after all else: log in, and write rules. */
const needs: readonly {
  readonly who: string | undefined;
  readonly rule: string;
  what: Resource;
}[] = [
  {
    who: firstOwner,
    rule: "owner",
    what: { type: "block", name: "auth", endpoint: "putRule" },
  },
  {
    who: undefined,
    rule: "login",
    what: { type: "block", name: "auth", endpoint: "login" },
  },
];

async function restoreRules(realm: Realm): Promise<string[]> {
  const did: string[] = [];
  for (const { who, rule: id, what } of needs) {
    // In turn, as all changes of a realm are.
    // oxlint-disable-next-line no-await-in-loop
    did.push(...(await openTo(realm, who, what, id)));
  }
  return did;
}

async function openTo(
  realm: Realm,
  who: string | undefined,
  what: Resource,
  id: string,
): Promise<string[]> {
  const did: string[] = [];
  for (;;) {
    // Each answer is about what is left.
    // oxlint-disable-next-line no-await-in-loop
    const { allowed, rule } = await realm.explain(who, what);
    if (allowed) return did;
    // oxlint-disable-next-line no-await-in-loop
    did.push(await (rule ? remove(realm, rule.id) : putFirst(realm, id)));
  }
}

async function remove(realm: Realm, id: string): Promise<string> {
  await realm.deleteRule(id, { force: true });
  return `the rule "${id}" kept owners out: it is deleted`;
}

async function putFirst(realm: Realm, id: string): Promise<string> {
  for (const rule of firstRulesSince(0).filter((each) => each.id === id)) {
    // oxlint-disable-next-line no-await-in-loop -- there is one
    await realm.putRule(rule, { force: true });
  }
  return `the first rule "${id}" was not as it began: it is again`;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EACCES") throw notHis(path);
    return false;
  }
}

function notHis(path: string): ReefError {
  const text = `Cannot recover the owner: ${path} is for another user of this machine alone; do it as that user`;
  return new ReefError("permission_denied", text, { maybeExecuted: false });
}

function noPlatform({ path }: StateFolder): ReefError {
  const rule = `no platform was ever started with the state folder ${path}`;
  const next = '--state names another one, "reef server" starts one';
  return new ReefError("not_found", `Cannot recover the owner: ${rule}; ${next}`);
}

function notYet({ path }: StateFolder, cause: unknown): ReefError {
  const rule = `the platform of ${path} is about to start or to end`;
  const text = `Cannot recover the owner: ${rule}; try again in a moment`;
  return new ReefError("unavailable", text, { cause, maybeExecuted: false });
}

function noStore({ store }: StateFolder): ReefError {
  const rule = `the platform does not run, and its store is not at ${store}`;
  const next = "start it, or put the URL of its PostgreSQL into REEF_BACKEND";
  return new ReefError("not_found", `Cannot recover the owner: ${rule}; ${next}`);
}
