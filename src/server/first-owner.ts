/**
 * What a namespace begins with: one who may do everything, and a few rules that can be seen. There is nothing behind
 * them: whoever deletes them has what is left.
 */
import { randomBytes } from "node:crypto";
import type { Rule } from "../core/access-rules.ts";
import type { Realm } from "../blocks/auth/index.ts";
import { ReefError } from "../core/errors.ts";

export const firstOwner = "user:owner";

const everyService = { type: "service", name: "*", endpoint: "*" };

/** The rules of the local profile. */
export const firstRules: readonly Rule[] = [
  {
    id: "owner",
    scope: "owner",
    resource: { type: "*", name: "*", endpoint: "*" },
    access: "granted",
    priority: 100,
  },
  { id: "accounts", scope: "*", resource: everyService, access: "granted", priority: 0 },
  // On one machine; a platform that others reach is told without it.
  { id: "anonymous", scope: "", resource: everyService, access: "granted", priority: -100 },
  // Who comes without a token must be able to get one, and to check those of others.
  ...["login", "refresh", "keys"].map(openToAll),
];

function openToAll(endpoint: string): Rule {
  const resource = { type: "block", name: "auth", endpoint };
  return { id: endpoint, scope: "", resource, access: "granted", priority: 0 };
}

/**
 * The rules of another namespace: the same without the one for nobody known, who is always in the home. It has no
 * account of its own to begin with, as the owners of the home are owners here, too.
 */
export async function beginTenant(realm: Realm, signal: AbortSignal | undefined): Promise<void> {
  if ((await realm.rules({ signal })).length > 0) return;
  for (const rule of firstRules.filter(({ id }) => id !== "anonymous")) {
    // In turn, as all changes of a realm are.
    // oxlint-disable-next-line no-await-in-loop
    await realm.putRule(rule, { signal });
  }
}

/** A secret that nobody chose. */
export function ownerSecret(): string {
  return randomBytes(16).toString("base64url");
}

/** Only where nobody has an account and there is no rule: what an owner has deleted stays deleted. */
export async function beginRealm(realm: Realm, secret: string): Promise<void> {
  const [{ items: accounts }, rules] = await Promise.all([realm.accounts(), realm.rules()]);
  if (accounts.length > 0 || rules.length > 0) return;
  for (const rule of firstRules) {
    // In turn, as all changes of a realm are.
    // oxlint-disable-next-line no-await-in-loop
    await realm.putRule(rule);
  }
  try {
    await realm.createAccount({ id: firstOwner, scopes: ["owner"], secret });
  } catch (error) {
    // Another platform on the same store was first.
    if (ReefError.from(error).code !== "already_exists") throw error;
  }
}
