/** What auth promises of its log. */
import assert from "node:assert/strict";
import type { AuthCase } from "../conformance.ts";
import { ann, grant, loginAnn, realmOf, withOwner } from "./fixture.ts";

export const auditCases: readonly AuthCase[] = [
  {
    name: "audit() says what happened, the newest first",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await withOwner(realm);
      await it.advance(1);
      await realm.login(ann, "wrong").catch(() => {});
      await it.advance(1);
      await loginAnn(realm);
      await realm.login("user:a-secret-typed-as-a-name", "wrong").catch(() => {});
      const { items } = await realm.audit();
      assert.ok(items.every(({ subject }) => !subject.includes("a-secret")));
      const known = items.filter(({ subject }) => subject !== "user:nobody");
      assert.deepEqual(
        known.slice(0, 2).map(({ event, subject }) => [event, subject]),
        [
          ["login", ann],
          ["login refused", ann],
        ],
      );
      assert.ok(
        items.some(({ event, subject }) => event === "rule put" && subject === "grant-owner"),
      );
      assert.deepEqual((await realmOf(it, "other").audit()).items, []);
    },
  },
  {
    name: "audit() names who it was, where somebody acts",
    async run(open) {
      await using it = await open();
      const { auth } = it;
      const at = (by?: string) => auth.realm("default", by);
      await at("user:zoe").createAccount({ id: "user:bob" });
      await at("default/user:owner").putRule(grant("owner"));
      await at().deleteRule("grant-owner", { force: true });
      const { items } = await at("user:zoe").audit();
      assert.deepEqual(items.map(({ event, by }) => [event, by]).toSorted(), [
        ["account created", "user:zoe"],
        ["rule deleted", undefined],
        ["rule put", "default/user:owner"],
      ]);
    },
  },
  {
    name: "rotateKeys() is in the audit of the home, with who asked for it",
    async run(open) {
      await using it = await open();
      const before = new Set((await it.auth.keys()).keys.map(({ kid }) => kid));
      await it.auth.rotateKeys({ by: "user:zoe" });
      const [made] = (await it.auth.keys()).keys.filter(({ kid }) => !before.has(kid));
      const { items } = await realmOf(it).audit();
      assert.deepEqual(
        items.map(({ event, subject, by }) => [event, subject, by]),
        [["keys rotated", made?.["kid"], "user:zoe"]],
      );
      assert.deepEqual((await realmOf(it, "other").audit()).items, []);
    },
  },
];
