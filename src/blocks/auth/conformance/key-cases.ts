/** Cases about the keys that all tokens are checked with. */
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import type { KeyUse, PublicKey } from "../../../core/identity.ts";
import type { AuthCase } from "../conformance.ts";
import type { Auth } from "../index.ts";
import { ann, holds, loginAnn, realmOf, refused, verified, withAnn } from "./fixture.ts";

/** More than it takes until a new key signs. */
const rotationMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

export const keyCases: readonly AuthCase[] = [
  {
    name: "keys() are all that a program needs to check a token, and hold nothing to make one",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const { accessToken } = await loginAnn(realm);
      const { keys } = await it.auth.keys();
      for (const key of keys) {
        assert.deepEqual(Object.keys(key).toSorted(), ["alg", "crv", "kid", "kty", "use", "x"]);
      }
      assert.equal(isSignedBy(accessToken, keys), true);
    },
  },
  {
    name: "rotateKeys() publishes the new key before it signs, and old tokens stay good",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const old = await loginAnn(realm);
      const before = await it.auth.keys();
      await it.auth.rotateKeys();
      const { keys } = await it.auth.keys();
      assert.equal(keys.length, before.keys.length + 1);
      assert.equal(isSignedBy((await loginAnn(realm)).accessToken, before.keys), true);
      await it.advance(rotationMs);
      const { accessToken } = await loginAnn(realm);
      assert.equal(isSignedBy(accessToken, before.keys), false);
      assert.equal(isSignedBy(accessToken, keys), true);
      assert.ok(await verified(it.auth, old));
      assert.ok(await it.again().verify(accessToken, "gateway"));
    },
  },
  {
    name: "rotateKeys() of keys that are not old makes none, and one in good time before they are",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const old = await loginAnn(realm);
      const [first] = await usesOf(it.auth, ["signs"]);
      const periodMs = (first.untilMs ?? 0) - first.sinceMs;
      assert.ok(periodMs > 2 * dayMs, `a key signs for ${periodMs} ms`);
      await it.auth.rotateKeys({ ifDue: true });
      await it.advance(periodMs - 2 * dayMs);
      await it.auth.rotateKeys({ ifDue: true });
      await usesOf(it.auth, ["signs"]);
      await it.advance(2 * dayMs - hourMs);
      await it.auth.rotateKeys({ ifDue: true });
      await it.auth.rotateKeys({ ifDue: true });
      const [before, next] = await usesOf(it.auth, ["signs", "next"]);
      assert.deepEqual([before.kid, before.untilMs], [first.kid, next.sinceMs]);
      await it.advance(hourMs - 1_000);
      const { accessToken } = await loginAnn(realm);
      assert.equal(kidOf(accessToken), first.kid);
      await it.advance(1_000);
      assert.equal(kidOf((await loginAnn(realm)).accessToken), next.kid);
      await holds(it.again().verify(accessToken, "gateway"));
      await refused(verified(it.auth, old), "unauthenticated");
    },
  },
  {
    name: "an old key is published until the last token that it signed has expired, and no longer",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const { token } = await realm.createToken(ann, { lifetimeMs: 90 * dayMs });
      await realm.createToken(ann, { lifetimeMs: 5 * dayMs });
      await it.auth.rotateKeys();
      await it.advance(rotationMs);
      await loginAnn(realm);
      const [old] = await usesOf(it.auth, ["retired", "signs"]);
      assert.equal(old.kid, kidOf(token));
      await it.advance(90 * dayMs - hourMs);
      await it.auth.rotateKeys({ ifDue: true });
      await holds(it.again().verify(token, "gateway"));
      await it.advance(2 * hourMs);
      await it.auth.rotateKeys({ ifDue: true });
      const { keys } = await it.auth.keys();
      assert.ok(
        keys.every((key) => key["kid"] !== old.kid),
        "it is published for ever",
      );
    },
  },
  {
    name: "rotateKeys() of old keys by several at once makes one",
    async run(open) {
      await using it = await open();
      await withAnn(realmOf(it));
      await loginAnn(realmOf(it));
      const [{ sinceMs, untilMs = 0 }] = await usesOf(it.auth, ["signs"]);
      await it.advance(untilMs - sinceMs);
      const all = [it.auth, it.again(), it.again()];
      await Promise.all(all.map((each) => each.rotateKeys({ ifDue: true })));
      await usesOf(it.auth, ["signs", "next"]);
    },
  },
];

/** What becomes of the keys, which must be this, the oldest first. */
async function usesOf(auth: Auth, states: readonly KeyUse["state"][]): Promise<[KeyUse, KeyUse]> {
  const { keys, uses } = await auth.keys();
  assert.deepEqual(
    uses.map(({ state }) => state),
    states,
  );
  assert.deepEqual(
    uses.map(({ kid }) => kid),
    keys.map((key) => key["kid"]),
  );
  const [one, other = one] = uses;
  assert.ok(one && other);
  return [one, other];
}

function kidOf(token: string): string {
  const [header = ""] = token.split(".");
  return JSON.parse(Buffer.from(header, "base64url").toString()).kid;
}

/** By somebody who has the keys and no code of ours. */
function isSignedBy(token: string, keys: readonly PublicKey[]): boolean {
  const [header = "", claims = "", signature = ""] = token.split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as { kid: string };
  const key = keys.find((each) => each["kid"] === kid);
  if (!key) return false;
  const signed = Buffer.from(`${header}.${claims}`);
  const publicKey = createPublicKey({ key, format: "jwk" });
  return verify(null, signed, publicKey, Buffer.from(signature, "base64url"));
}
