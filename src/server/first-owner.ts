/** How a namespace begins: with one who may do everything, and with rules that can be seen. */
import { randomBytes } from "node:crypto";
import type { Auth, Realm } from "../blocks/auth/index.ts";
import { type Table, textOf } from "../blocks/store/index.ts";
import { localRules } from "../core/access-rules.ts";
import { ReefError } from "../core/errors.ts";
import { homeNamespace, ownerScope } from "../core/namespace-access.ts";
import { firstRulesSince, firstRulesVersion } from "./first-rules.ts";

export const firstOwner = "user:owner";

/** The table of the platform's database that `marks` is. */
export const realmMarks = "realms";

/** A secret that nobody chose. */
export function ownerSecret(): string {
  return randomBytes(16).toString("base64url");
}

export interface BeginRealmOptions {
  readonly namespace: string;
  /** Where it is written down how far the beginning of each namespace has come. */
  readonly marks: Table;
  /**
   * Of the first owner, asked for when he is made. @default nobody is: the owners of the home look after the namespace
   */
  readonly secret?: (() => Promise<string>) | undefined;
  /** Rules that it does not begin with. @default none */
  readonly without?: readonly string[];
}

/**
 * Writes down what a namespace begins with, and later what newer versions add to that; each of them once, so that what
 * an owner has deleted stays deleted. A beginning that was cut short goes on.
 */
export async function beginRealm(
  realm: Realm,
  { namespace, marks, secret, without = [] }: BeginRealmOptions,
): Promise<void> {
  const done = await versionOf(realm, namespace, marks);
  if (done >= firstRulesVersion) return;
  if (done === 0) await marks.put(namespace, "0");
  const there = new Set((await realm.rules()).map(({ id }) => id));
  for (const rule of firstRulesSince(done)) {
    // In turn, as all changes of a realm are.
    // oxlint-disable-next-line no-await-in-loop
    if (!there.has(rule.id) && !without.includes(rule.id)) await realm.putRule(rule);
  }
  if (done === 0 && secret !== undefined) await createOwner(realm, await secret());
  await marks.put(namespace, String(firstRulesVersion));
}

/** Rules that no namespace but the home begins with: whom nobody knows is always at home. */
export const notForTenants = localRules;

/** Gives all namespaces that have begun what newer versions add. */
export async function completeRealms(
  auth: Pick<Auth, "realm">,
  { marks }: Pick<BeginRealmOptions, "marks">,
): Promise<void> {
  let cursor: string | undefined;
  do {
    // Each page says where the next begins.
    // oxlint-disable-next-line no-await-in-loop
    const page = await marks.list({ cursor });
    for (const { key, value } of page.items) {
      const namespace = textOf(key);
      if (namespace === homeNamespace || Number(textOf(value)) >= firstRulesVersion) continue;
      const realm = auth.realm(namespace);
      // oxlint-disable-next-line no-await-in-loop -- only in the first start of a newer version
      await beginRealm(realm, { namespace, marks, without: notForTenants });
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** Before there were marks, the first version was written where there was nothing. */
async function versionOf(realm: Realm, namespace: string, marks: Table): Promise<number> {
  const mark = await marks.get(namespace);
  if (mark) return Number(textOf(mark.value));
  const [{ items: accounts }, rules] = await Promise.all([realm.accounts(), realm.rules()]);
  return accounts.length === 0 && rules.length === 0 ? 0 : 1;
}

async function createOwner(realm: Realm, secret: string): Promise<void> {
  try {
    await realm.createAccount({ id: firstOwner, scopes: [ownerScope], secret });
  } catch (error) {
    // Another platform on the same store was first, or this one before it was cut short.
    if (ReefError.from(error).code !== "already_exists") throw error;
  }
}
