/** Cases about the last owner: nobody is locked out unknowingly. */
import assert from "node:assert/strict";
import type { AuthCase } from "../conformance.ts";
import type { Realm } from "../index.ts";
import { ann, grant, holds, realmOf, refused, withOwner } from "./fixture.ts";

/** What would leave nobody who could change rules. */
const lockouts: readonly {
  readonly what: string;
  readonly lock: (realm: Realm, options?: { readonly force: boolean }) => Promise<unknown>;
}[] = [
  { what: "deleting the last owner", lock: (realm, options) => realm.deleteAccount(ann, options) },
  {
    what: "disabling the last owner",
    lock: (realm, options) => realm.changeAccount(ann, { disabled: true }, options),
  },
  {
    what: "taking the scope of the last owner",
    lock: (realm, options) => realm.changeAccount(ann, { scopes: ["staff"] }, options),
  },
  {
    what: "deleting the rule that owners have their right by",
    lock: (realm, options) => realm.deleteRule("grant-owner", options),
  },
  {
    what: "changing the rule that owners have their right by",
    lock: (realm, options) => realm.putRule({ ...grant("owner"), access: "denied" }, options),
  },
  {
    what: "a heavier rule against owners",
    lock: (realm, options) => {
      const rule = grant("*", { id: "closed", access: "denied", priority: 9 });
      return realm.putRule(rule, options);
    },
  },
];

export const ownerCases: readonly AuthCase[] = [
  ...lockouts.map(({ what, lock }): AuthCase => ({
    name: `${what} is refused, and nothing of it is done, unless it is forced`,
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withOwner(realm);
      const before = [await realm.rules(), (await realm.accounts()).items];
      await refused(lock(realm), "failed_precondition");
      assert.deepEqual([await realm.rules(), (await realm.accounts()).items], before);
      await holds(lock(realm, { force: true }));
      assert.notDeepEqual([await realm.rules(), (await realm.accounts()).items], before);
    },
  })),
  {
    name: "of two owners who delete each other at the same moment one stays",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withOwner(realm);
      await realm.createAccount({ id: "user:bob", scopes: ["owner"] });
      const both = [
        realm.deleteAccount(ann),
        it.again().realm("default").deleteAccount("user:bob"),
      ];
      const outcomes = await Promise.allSettled(both);
      assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
      assert.equal((await realm.accounts()).items.length, 1);
    },
  },
  {
    name: "where there never was an owner every change may be made",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await realm.createAccount({ id: "service:trip" });
      await realm.putRule(grant("*", { access: "denied" }));
      assert.equal(await realm.deleteAccount("service:trip"), true);
    },
  },
];
