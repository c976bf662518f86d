/** Cases about accounts: made, found, changed, deleted. */
import assert from "node:assert/strict";
import type { AuthCase } from "../conformance.ts";
import { pageItems, secretCharactersMin } from "../index.ts";
import {
  ann,
  annsSecret,
  ended,
  holds,
  loginAnn,
  realmOf,
  refused,
  verified,
  withAnn,
} from "./fixture.ts";

export const accountCases: readonly AuthCase[] = [
  {
    name: "createAccount() makes an account that its secret logs in, and tells a random one",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      const { account, secret } = await realm.createAccount({ id: ann, scopes: ["b", "a", "b"] });
      assert.deepEqual(
        { ...account, createdMs: 0 },
        {
          id: ann,
          scopes: ["a", "b"],
          disabled: false,
          createdMs: 0,
        },
      );
      assert.ok(secret.length >= secretCharactersMin);
      const identity = await verified(it.auth, await holds(realm.login(ann, secret)));
      assert.equal(identity.account, ann);
      assert.equal(identity.namespace, "default");
      assert.deepEqual(identity.scopes, ["a", "b"]);
      assert.notEqual((await realm.createAccount({ id: "user:bob" })).secret, secret);
    },
  },
  {
    name: "createAccount() refuses an id that is taken, a bad id, bad scopes and a weak secret",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      await refused(realm.createAccount({ id: ann }), "already_exists");
      const ids = ["", "ann", "user:", "user:Ann", "user:a/b", "user:a~b", "service:a.b", "root:x"];
      for (const id of ids) await refused(realm.createAccount({ id }), "invalid_argument");
      const bob = "user:bob";
      for (const scopes of [[""], ["*"], ["+"], ["a b"]]) {
        await refused(realm.createAccount({ id: bob, scopes }), "invalid_argument");
      }
      await refused(realm.createAccount({ id: bob, secret: "short" }), "invalid_argument");
      assert.equal(await realm.account(bob), undefined);
      assert.equal((await realm.login(ann, annsSecret)).expiresInMs > 0, true);
    },
  },
  {
    name: "accounts() gives all of them in pages, in the order of their ids",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      // Made by one secret, as what makes a secret safe to keep makes it slow.
      const ids = Array.from({ length: pageItems + 1 }, (_, n) => {
        return `user:u${String(n).padStart(3, "0")}`;
      });
      for (const id of ids.toReversed()) await realm.createAccount({ id });
      const first = await realm.accounts();
      assert.equal(first.items.length, pageItems);
      const second = await realm.accounts({ cursor: first.cursor ?? assert.fail("one page") });
      assert.equal(second.cursor, undefined);
      assert.deepEqual(
        [...first.items, ...second.items].map(({ id }) => id),
        ids,
      );
    },
  },
  {
    name: "changeAccount() ends the access tokens that say what it was; the next ones say what it is",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm, ["staff"]);
      const tokens = await loginAnn(realm);
      const { token } = await realm.createToken(ann);
      assert.deepEqual((await realm.changeAccount(ann, { scopes: ["boss"] })).scopes, ["boss"]);
      await refused(verified(it.auth, tokens), "unauthenticated");
      await refused(it.auth.verify(token, "gateway"), "unauthenticated");
      const next = await realm.refresh(tokens.refreshToken);
      assert.deepEqual((await verified(it.auth, next)).scopes, ["boss"]);
      await refused(realm.changeAccount("user:bob", { scopes: [] }), "not_found");
    },
  },
  {
    name: "a disabled account cannot log in and its tokens are refused; enabled again it can",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const tokens = await loginAnn(realm);
      assert.equal((await realm.changeAccount(ann, { disabled: true })).disabled, true);
      await ended(it.auth, realm, tokens);
      await refused(realm.login(ann, annsSecret), "unauthenticated");
      await refused(realm.issue(ann), "failed_precondition");
      await refused(realm.createToken(ann), "failed_precondition");
      await realm.changeAccount(ann, { disabled: false });
      assert.ok(await verified(it.auth, await loginAnn(realm)));
    },
  },
  {
    name: "renewSecret() ends the old secret and all sessions",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const tokens = await loginAnn(realm);
      const secret = await realm.renewSecret(ann);
      await ended(it.auth, realm, tokens);
      await refused(realm.login(ann, annsSecret), "unauthenticated");
      assert.ok(await realm.login(ann, secret));
      assert.equal(await realm.renewSecret(ann, { secret: annsSecret }), annsSecret);
      assert.ok(await loginAnn(realm));
      await refused(realm.renewSecret("user:bob"), "not_found");
      await refused(realm.renewSecret(ann, { secret: "short" }), "invalid_argument");
    },
  },
  {
    name: "deleteAccount() ends all that the account had, and says whether it was there",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const tokens = await loginAnn(realm);
      assert.equal(await realm.deleteAccount(ann), true);
      assert.equal(await realm.deleteAccount(ann), false);
      assert.equal(await realm.account(ann), undefined);
      await ended(it.auth, realm, tokens);
      await refused(realm.login(ann, annsSecret), "unauthenticated");
      const { secret } = await realm.createAccount({ id: ann });
      assert.ok(await realm.login(ann, secret));
      await refused(realm.login(ann, annsSecret), "unauthenticated");
    },
  },
  {
    name: "the same name in two namespaces is two accounts",
    async run(open) {
      await using it = await open();
      const [one, other] = [realmOf(it), realmOf(it, "other")];
      await withAnn(one, ["staff"]);
      await refused(other.login(ann, annsSecret), "unauthenticated");
      assert.equal(await other.account(ann), undefined);
      const { secret } = await other.createAccount({ id: ann });
      const [here, there] = [await loginAnn(one), await other.login(ann, secret)];
      assert.equal((await verified(it.auth, here)).namespace, "default");
      assert.equal((await verified(it.auth, there)).namespace, "other");
      await refused(other.refresh(here.refreshToken), "unauthenticated");
      await one.deleteAccount(ann);
      assert.ok(await verified(it.auth, there));
      assert.deepEqual(
        (await other.accounts()).items.map(({ id }) => id),
        [ann],
      );
      assert.deepEqual((await one.sessions()).items, []);
    },
  },
  {
    name: "another auth on the same place knows what this one has acknowledged",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm, ["staff"]);
      const tokens = await loginAnn(realm);
      const next = it.again();
      assert.deepEqual((await holds(verified(next, tokens))).scopes, ["staff"]);
      assert.ok(await next.realm("default").refresh(tokens.refreshToken));
      assert.ok(await loginAnn(next.realm("default")));
    },
  },
];
