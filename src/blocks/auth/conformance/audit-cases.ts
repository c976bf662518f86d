/** What auth promises of its log. */
import assert from "node:assert/strict";
import type { AuthCase } from "../conformance.ts";
import type { AuditFilter, AuditReport } from "../index.ts";
import { ann, annsSecret, grant, loginAnn, realmOf, withOwner } from "./fixture.ts";

/** What a door would say of a call that it let in. */
function allowed(change: Partial<AuditReport> = {}): AuditReport {
  return {
    event: "call allowed",
    subject: ann,
    resource: "service:greeter:hello",
    rule: "staff",
    timeMs: 1_800_000_000_000,
    sinceMs: 1_800_000_000_000,
    calls: 3,
    ...change,
  };
}

const reportCases: readonly AuthCase[] = [
  {
    name: "report() adds to the audit of its namespace what a door has decided, in the name of the door",
    async run(open) {
      await using it = await open();
      const { auth } = it;
      await auth.realm("default", "user:zoe").createAccount({ id: "user:bob" });
      await it.advance(1);
      await auth.realm("default", "service:greeter").report([allowed()]);
      await it.advance(1);
      await auth.realm("default", "user:zoe").deleteAccount("user:bob");
      const { items } = await realmOf(it).audit();
      assert.deepEqual(
        items.map(({ event, by }) => [event, by]),
        [
          ["account deleted", "user:zoe"],
          ["call allowed", "service:greeter"],
          ["account created", "user:zoe"],
        ],
      );
      assert.deepEqual(items[1], { ...allowed(), by: "service:greeter" });
      assert.deepEqual((await realmOf(it, "other").audit()).items, []);
    },
  },
  {
    name: "report() keeps on whose behalf a service called, and audit() finds it by that account, too",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      const trip = allowed({ subject: "service:trip" });
      await realm.report([trip, { ...trip, onBehalfOf: ann }, { ...trip, onBehalfOf: "user:bob" }]);
      const { items } = await realm.audit({ account: ann });
      assert.deepEqual(
        items.map(({ subject, onBehalfOf }) => [subject, onBehalfOf]),
        [["service:trip", ann]],
      );
      assert.equal((await realm.audit({ account: "service:trip" })).items.length, 3);
    },
  },
  {
    name: "report() lets no door write of another time",
    async run(open) {
      await using it = await open();
      await it.advance(100 * 86_400_000);
      const nowMs = 1_800_000_000_000 + 100 * 86_400_000;
      const door = it.auth.realm("default", "service:greeter");
      await door.report([
        allowed({ timeMs: nowMs + 86_400_000 * 9 }),
        allowed({ timeMs: 1, sinceMs: 0, subject: "user:old" }),
      ]);
      const { items } = await realmOf(it).audit();
      const times = new Map(items.map(({ subject, timeMs }) => [subject, timeMs]));
      assert.equal(times.get(ann), nowMs);
      assert.equal(times.get("user:old"), nowMs - 86_400_000);
    },
  },
  {
    name: "audit() has pages of what was written and reported, in one order, each entry once",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await realm.createAccount({ id: ann, secret: annsSecret });
      const names = ["account created"];
      for (let n = 0; n < 130; n += 1) {
        // oxlint-disable-next-line no-await-in-loop
        await it.advance(1);
        const name = `r-${n}`;
        names.push(n % 5 === 0 ? "issue" : name);
        // oxlint-disable-next-line no-await-in-loop
        await (n % 5 === 0 ? realm.issue(ann) : realm.report([allowed({ subject: name })]));
      }
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        // oxlint-disable-next-line no-await-in-loop
        const page = await realm.audit({ cursor });
        seen.push(
          ...page.items.map(({ event, subject }) => (event === "call allowed" ? subject : event)),
        );
        ({ cursor } = page);
      } while (cursor !== undefined && seen.length <= names.length);
      assert.deepEqual(seen, names.toReversed());
    },
  },
  {
    name: "audit() gives what is wanted: of an account, a resource, a time, or only what was refused",
    async run(open) {
      await using it = await open();
      const realm = realmOf(it);
      await realm.report([
        allowed(),
        allowed({ event: "call refused", subject: "user:bob" }),
        allowed({ subject: "user:bob", resource: "service:greeter:bye" }),
        allowed({ subject: "user:bob", resource: "service:greeters:hello" }),
      ]);
      await it.advance(60_000);
      await realm.report([allowed({ event: "token refused", subject: "nobody" })]);
      const count = async (wanted: AuditFilter) => (await realm.audit(wanted)).items.length;
      assert.equal(await count({}), 5);
      assert.equal(await count({ account: "user:bob" }), 3);
      assert.equal(await count({ account: "user:bob", resource: "service:greeter:*" }), 2);
      assert.equal(await count({ resource: "service:*:bye" }), 1);
      assert.equal(await count({ refused: true }), 2);
      assert.equal(await count({ sinceMs: 1_800_000_060_000 }), 0);
      await realm.report([allowed({ timeMs: 1_800_000_060_000 })]);
      assert.equal(await count({ sinceMs: 1_800_000_060_000 }), 1);
    },
  },
];

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
  ...reportCases,
];
