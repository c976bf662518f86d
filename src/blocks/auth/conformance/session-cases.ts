/** Cases about logins: a secret, then tokens that follow each other. */
import assert from "node:assert/strict";
import type { ReefError } from "../../../core/errors.ts";
import type { AuthCase } from "../conformance.ts";
import { accessTokenMs, loginFailuresMax, loginMs, sessionsMax } from "../index.ts";
import {
  ann,
  annsSecret,
  ended,
  loginAnn,
  realmOf,
  refused,
  verified,
  withAnn,
} from "./fixture.ts";

export const sessionCases: readonly AuthCase[] = [
  {
    name: "login() says the same of a wrong secret, an unknown and a disabled account",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      await realm.createAccount({ id: "user:bob", secret: annsSecret });
      await realm.changeAccount("user:bob", { disabled: true });
      const texts = new Set<string>();
      const wrong = [
        [ann, "wrong"],
        ["user:eve", annsSecret],
        ["user:bob", annsSecret],
        ["", ""],
      ];
      for (const [id = "", secret = ""] of wrong) {
        await assert.rejects(realm.login(id, secret), ({ code, message }: ReefError) => {
          assert.equal(code, "unauthenticated");
          texts.add(message);
          return true;
        });
      }
      assert.equal(texts.size, 1);
    },
  },
  {
    name: "login() makes who guesses wait, longer each time, and forgets it with the right secret",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const wrong = () => realm.login(ann, "wrong");
      for (let n = 0; n < loginFailuresMax; n++) await refused(wrong(), "unauthenticated");
      await refused(realm.login(ann, annsSecret), "resource_exhausted");
      await it.advance(1_000);
      await refused(wrong(), "unauthenticated");
      await it.advance(1_000);
      await refused(realm.login(ann, annsSecret), "resource_exhausted");
      await it.advance(1_000);
      assert.ok(await loginAnn(realm));
      await refused(wrong(), "unauthenticated");
      assert.ok(await loginAnn(realm));
    },
  },
  {
    name: "an access token is good until its time is over",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const tokens = await loginAnn(realm);
      assert.equal(tokens.expiresInMs, accessTokenMs);
      await it.advance(accessTokenMs - 1_000);
      assert.ok(await verified(it.auth, tokens));
      await it.advance(10_000);
      await refused(verified(it.auth, tokens), "unauthenticated");
      assert.ok(await verified(it.auth, await realm.refresh(tokens.refreshToken)));
    },
  },
  {
    name: "refresh() gives the next pair, and a token that was used ends the session for both",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const first = await loginAnn(realm);
      const second = await realm.refresh(first.refreshToken);
      const third = await realm.refresh(second.refreshToken);
      assert.ok(await verified(it.auth, third));
      await refused(realm.refresh(first.refreshToken), "unauthenticated");
      await ended(it.auth, realm, third);
      assert.ok(await loginAnn(realm));
    },
  },
  {
    name: "refresh() of one token at the same moment gives one next pair",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const { refreshToken } = await loginAnn(realm);
      const both = [realm.refresh(refreshToken), it.again().realm("default").refresh(refreshToken)];
      const outcomes = await Promise.allSettled(both);
      assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    },
  },
  {
    name: "refresh() refuses what is no refresh token, and a login that nobody has used for long",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const { refreshToken, accessToken } = await loginAnn(realm);
      const [account, session, generation] = refreshToken.split("~");
      const forged = [account, session, generation, "AAAAAAAAAAAAAAAAAAAAAA"].join("~");
      for (const token of ["", "~~~", accessToken, forged, `${refreshToken}x`, "a/../x~a~1~a"]) {
        await refused(realm.refresh(token), "unauthenticated");
      }
      await it.advance(loginMs - 1_000);
      const { refreshToken: next } = await realm.refresh(refreshToken);
      await it.advance(loginMs);
      await refused(realm.refresh(next), "unauthenticated");
    },
  },
  {
    name: "logout() ends the session of a refresh token, of one that was used, too, and of no other",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const first = await loginAnn(realm);
      const other = await loginAnn(realm);
      const second = await realm.refresh(first.refreshToken);
      const [account, session] = first.refreshToken.split("~");
      for (const token of ["", first.accessToken, `${account}~${session}~1~AAAA`]) {
        await refused(realm.logout(token), "unauthenticated");
      }
      assert.ok(await verified(it.auth, second));
      await realm.logout(first.refreshToken);
      await realm.logout(second.refreshToken);
      await ended(it.auth, realm, second);
      assert.ok(await verified(it.auth, other));
    },
  },
  {
    name: "a login more than an account may have ends its oldest one",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const oldest = await realm.issue(ann);
      await it.advance(1);
      for (let n = 1; n < sessionsMax; n++) await realm.issue(ann);
      assert.ok(await verified(it.auth, oldest));
      const newest = await realm.issue(ann);
      await ended(it.auth, realm, oldest);
      assert.ok(await realm.refresh(newest.refreshToken));
    },
  },
  {
    name: "sessions() lists logins and tokens without what they are good for, and endSession() ends one",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const tokens = await loginAnn(realm);
      const other = await loginAnn(realm);
      const { session } = await verified(it.auth, tokens);
      const { items } = await realm.sessions();
      const keys = ["account", "createdMs", "expiresMs", "id", "kind", "note"];
      for (const item of items) assert.deepEqual(Object.keys(item).toSorted(), keys);
      assert.equal(items.length, 2);
      assert.equal(await realm.endSession(session), true);
      assert.equal(await realm.endSession(session), false);
      await ended(it.auth, realm, tokens);
      assert.ok(await verified(it.auth, other));
    },
  },
];
