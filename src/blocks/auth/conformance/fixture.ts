/** What cases about auth have in common. */
import type { Identity } from "../../../core/identity.ts";
import assert from "node:assert/strict";
import type { Rule } from "../../../core/access-rules.ts";
import type { Code } from "../../../core/errors.ts";
import type { AuthUnderTest } from "../conformance.ts";
import type { Auth, Realm, Tokens } from "../index.ts";

export const ann = "user:ann";
export const annsSecret = "a long enough secret";

export function realmOf({ auth }: Pick<AuthUnderTest, "auth">, namespace = "default"): Realm {
  return auth.realm(namespace);
}

/** Grants everything to those who have the scope. */
export function grant(scope: string, change: Partial<Rule> = {}): Rule {
  const resource = { type: "*", name: "*", endpoint: "*" };
  return {
    id: `grant-${scope === "*" ? "all" : scope}`,
    scope,
    resource,
    access: "granted",
    priority: 0,
    ...change,
  };
}

/** Ann, who may do everything. */
export async function withOwner(realm: Realm): Promise<void> {
  await realm.putRule(grant("owner"));
  await realm.createAccount({ id: ann, secret: annsSecret, scopes: ["owner"] });
}

export async function withAnn(realm: Realm, scopes: readonly string[] = []): Promise<void> {
  await realm.createAccount({ id: ann, secret: annsSecret, scopes });
}

export function loginAnn(realm: Realm): Promise<Tokens> {
  return holds(realm.login(ann, annsSecret));
}

export function verified(
  auth: Auth,
  { accessToken }: Pick<Tokens, "accessToken">,
): Promise<Identity> {
  return auth.verify(accessToken, "gateway");
}

export async function refused(promise: Promise<unknown>, code: Code): Promise<void> {
  await assert.rejects(promise, { name: "ReefError", code });
}

/** What must not be refused: where it is, the claim does not hold. */
export async function holds<T>(promise: Promise<T>): Promise<T> {
  await assert.doesNotReject(promise);
  return promise;
}

/** That neither of the two tokens is good any more. */
export async function ended(auth: Auth, realm: Realm, tokens: Tokens): Promise<void> {
  await refused(verified(auth, tokens), "unauthenticated");
  await refused(realm.refresh(tokens.refreshToken), "unauthenticated");
}
