/** Cases about tokens that are made out of others: for one reader alone, or for one who acts for somebody. */
import assert from "node:assert/strict";
import type { Actor } from "../../../core/identity.ts";
import type { AuthCase } from "../conformance.ts";
import { accessTokenMs } from "../index.ts";
import { ann, holds, loginAnn, realmOf, refused, withAnn } from "./fixture.ts";

const trip: Actor = { account: "service:trip", namespace: "default" };

/** What a token says, whoever may read it. */
function claimsOf(token: string): { readonly [claim: string]: unknown } {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
    [claim: string]: unknown;
  };
}

export const exchangeCases: readonly AuthCase[] = [
  {
    name: "exchange() of a free token is good for one service alone, for no longer and with no more",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm, ["boss", "staff"]);
      const few = await realm.createToken(ann, { scopes: ["staff"], lifetimeMs: 60_000 });
      const bound = await holds(it.auth.exchange(few.token, "trip"));
      const about = await it.auth.verify(bound.token, "trip");
      const before = await it.auth.verify(few.token, "trip");
      assert.deepEqual(about, before);
      assert.equal(bound.expiresMs, before.expiresMs);
      await refused(it.auth.verify(bound.token, "fare"), "unauthenticated");
      const long = await realm.createToken(ann);
      const short = await holds(it.auth.exchange(long.token, "trip"));
      const login = await it.auth.verify((await loginAnn(realm)).accessToken, "trip");
      assert.ok(short.expiresMs <= login.expiresMs, `${accessTokenMs} ms are enough`);
      for (const audience of ["", "Trip", "a/b/c", "*"]) {
        await refused(it.auth.exchange(few.token, audience), "invalid_argument");
      }
    },
  },
  {
    name: "exchange() of a bound token says on whose behalf its service acts, and gives nobody else anything",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm, ["staff"]);
      const { accessToken } = await loginAnn(realm);
      const atTrip = await holds(it.auth.exchange(accessToken, "trip"));
      await refused(it.auth.exchange(atTrip.token, "fare"), "permission_denied");
      for (const other of ["service:fare", "user:trip"]) {
        const actor = { ...trip, account: other };
        const asOther = it.as(actor).exchange(atTrip.token, "fare");
        await refused(asOther, "permission_denied");
      }
      const elsewhere = it.as({ ...trip, namespace: "acme" }).exchange(atTrip.token, "fare");
      await refused(elsewhere, "permission_denied");
      const atFare = await holds(it.as(trip).exchange(atTrip.token, "fare"));
      const { aud, act, sub, scopes } = claimsOf(atFare.token);
      assert.deepEqual([aud, act, sub, scopes], ["fare", "trip", ann, ["staff"]]);
      assert.ok(atFare.expiresMs <= atTrip.expiresMs);
      await refused(it.auth.verify(atFare.token, "fare"), "unauthenticated");
      const fare = { ...trip, account: "service:fare" };
      const forEdge = await realm.createToken(ann, { audience: "gateway" });
      const entrance = { account: "edge:gateway", namespace: "default" };
      const handedOn = await holds(it.as(entrance).exchange(forEdge.token, "trip"));
      assert.equal((await it.auth.verify(handedOn.token, "trip")).account, ann);
      await refused(it.as(entrance).exchange(atTrip.token, "fare"), "permission_denied");
      const atMap = await holds(it.as(fare).exchange(atFare.token, "map"));
      assert.deepEqual([claimsOf(atMap.token)["act"], claimsOf(atMap.token)["sub"]], ["fare", ann]);
      await refused(it.as(trip).exchange(atFare.token, "map"), "permission_denied");
    },
  },
  {
    name: "exchange() gives nothing for a token that has ended, or is none",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withAnn(realm);
      const { token, session } = await realm.createToken(ann);
      await realm.endSession(session);
      const { accessToken } = await loginAnn(realm);
      for (const bad of ["", "a.b.c", token, accessToken.slice(0, -4)]) {
        await refused(it.auth.exchange(bad, "trip"), "unauthenticated");
      }
      await it.advance(accessTokenMs + 10_000);
      await refused(it.auth.exchange(accessToken, "trip"), "unauthenticated");
    },
  },
];
