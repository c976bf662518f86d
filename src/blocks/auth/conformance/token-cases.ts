/** Cases about tokens without a login, and those that programs have. */
import assert from "node:assert/strict";
import type { AuthCase } from "../conformance.ts";
import { apiTokenMsMax } from "../index.ts";
import {
  ann,
  annsSecret,
  holds,
  loginAnn,
  realmOf,
  refused,
  verified,
  withAnn,
} from "./fixture.ts";

export const tokenCases: readonly AuthCase[] = [
  {
    name: "issue() gives an account tokens without its secret",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await realm.createAccount({ id: "service:trip", scopes: ["service"] });
      const tokens = await realm.issue("service:trip");
      assert.equal((await verified(it.auth, tokens)).account, "service:trip");
      assert.ok(await realm.refresh(tokens.refreshToken));
      await refused(realm.issue(ann), "not_found");
      await refused(realm.issue("trip"), "invalid_argument");
    },
  },
  {
    name: "issue() goes on with a session of the account, and with none that has ended or is another's",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      await realm.createAccount({ id: "user:bob", secret: annsSecret });
      const first = await realm.issue(ann);
      const { session } = await verified(it.auth, first);
      const second = await realm.issue(ann, { session });
      assert.equal((await verified(it.auth, second)).session, session);
      assert.ok(await verified(it.auth, first));
      const bobs = await verified(it.auth, await realm.issue("user:bob", { session }));
      assert.notEqual(bobs.session, session);
      await realm.changeAccount(ann, { scopes: ["staff"] });
      await refused(verified(it.auth, second), "unauthenticated");
      const third = await realm.issue(ann, { session });
      assert.deepEqual((await verified(it.auth, third)).scopes, ["staff"]);
      await realm.endSession(session);
      const fourth = await verified(it.auth, await realm.issue(ann, { session }));
      assert.notEqual(fourth.session, session);
    },
  },
  {
    name: "issue() makes an account that is missing if asked to, and nobody can log in as that one",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      const options = { makeWithScopes: ["service"] };
      const tokens = await holds(realm.issue("service:trip", options));
      assert.deepEqual((await verified(it.auth, tokens)).scopes, ["service"]);
      await refused(realm.login("service:trip", ""), "unauthenticated");
      await realm.changeAccount("service:trip", { scopes: ["staff"] });
      const again = await verified(it.auth, await realm.issue("service:trip", options));
      assert.deepEqual(again.scopes, ["staff"]);
    },
  },
  {
    name: "createToken() gives no more than asked for, and never what the account has not",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm, ["boss", "staff"]);
      const all = await realm.createToken(ann);
      assert.deepEqual((await it.auth.verify(all.token, "x")).scopes, ["boss", "staff"]);
      const few = await realm.createToken(ann, {
        scopes: ["staff"],
        audience: "billing",
        lifetimeMs: 60_000,
        note: "for a test",
      });
      assert.deepEqual((await it.auth.verify(few.token, "billing")).scopes, ["staff"]);
      await refused(it.auth.verify(few.token, "gateway"), "unauthenticated");
      await refused(realm.createToken(ann, { scopes: ["owner"] }), "invalid_argument");
      await refused(realm.createToken(ann, { lifetimeMs: apiTokenMsMax + 1 }), "invalid_argument");
      await it.advance(70_000);
      await refused(it.auth.verify(few.token, "billing"), "unauthenticated");
      assert.ok(await it.auth.verify(all.token, "gateway"));
    },
  },
  {
    name: "an API token is listed with its note until it expires, and refused once it is ended",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const { session, token } = await realm.createToken(ann, {
        note: "backup",
        lifetimeMs: 5_000,
      });
      const { session: gone, token: revoked } = await realm.createToken(ann);
      assert.equal(await realm.endSession(gone), true);
      await refused(it.auth.verify(revoked, "gateway"), "unauthenticated");
      assert.ok(await it.auth.verify(token, "gateway"));
      const shown = (await realm.sessions()).items.map(({ id, kind, note }) => [id, kind, note]);
      assert.deepEqual(shown, [[session, "token", "backup"]]);
      await it.advance(5_000);
      assert.deepEqual((await realm.sessions()).items, []);
    },
  },
  {
    name: "verify() refuses what is no token of this platform",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const { accessToken, refreshToken } = await loginAnn(realm);
      const [header, claims = "", signature] = accessToken.split(".");
      const text = Buffer.from(claims, "base64url").toString().replace(ann, "user:root");
      const changed = [header, Buffer.from(text).toString("base64url"), signature].join(".");
      for (const token of ["", "a.b.c", refreshToken, changed, accessToken.slice(1)]) {
        await refused(it.auth.verify(token, "gateway"), "unauthenticated");
      }
    },
  },
];
