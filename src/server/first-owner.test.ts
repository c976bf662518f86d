import assert from "node:assert/strict";
import { test } from "node:test";
import { createStoreAuth } from "../blocks/auth/drivers/store.ts";
import type { Auth, Realm } from "../blocks/auth/index.ts";
import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import type { Table } from "../blocks/store/index.ts";
import { beginRealm, completeRealms, firstOwner, notForTenants } from "./first-owner.ts";
import { firstRulesSince, firstRulesVersion } from "./first-rules.ts";

const secret = "a secret of the owner";
const every = firstRulesSince(0).map(({ id }) => id);

function openRealm(): { auth: Auth; realm: Realm; marks: Table } {
  const database = createMemoryStore().database("reef");
  const auth = createStoreAuth({
    table: database.table("auth"),
    sealKey: Buffer.alloc(32),
    issuer: "reef:test",
    hashCost: { memoryKib: 8, passes: 1 },
  });
  return { auth, realm: auth.realm("default"), marks: database.table("realms") };
}

async function idsOf(realm: Realm): Promise<string[]> {
  return (await realm.rules()).map(({ id }) => id).toSorted();
}

test("beginRealm() writes the first rules and the owner once: what is deleted stays deleted", async () => {
  const { realm, marks } = openRealm();
  const options = { namespace: "default", marks, secret: async () => secret };
  await beginRealm(realm, options);
  assert.deepEqual(await idsOf(realm), every.toSorted());
  assert.ok(await realm.login(firstOwner, secret));
  for (const id of every) await realm.deleteRule(id, { force: true });
  await realm.deleteAccount(firstOwner, { force: true });
  await beginRealm(realm, options);
  assert.deepEqual(await idsOf(realm), []);
  assert.equal(await realm.account(firstOwner), undefined);
});

test("beginRealm() gives a state of before what has come since, and not what was deleted there", async () => {
  const { realm, marks } = openRealm();
  const [owner, accounts] = firstRulesSince(0);
  assert.ok(owner && accounts);
  await realm.putRule(owner);
  await realm.putRule({ ...accounts, access: "denied" });
  await beginRealm(realm, { namespace: "default", marks, secret: async () => secret });
  const newer = firstRulesSince(1).map(({ id }) => id);
  assert.deepEqual(await idsOf(realm), [...newer, "accounts", "owner"].toSorted());
  assert.equal((await realm.rules()).find(({ id }) => id === "accounts")?.access, "denied");
  assert.equal(await realm.account(firstOwner), undefined);
});

test("completeRealms() gives tenants what has come since they began, and lets nobody unknown in there", async () => {
  const { auth, marks } = openRealm();
  const [tenant, home, present] = ["acme", "default", "now"].map((name) => auth.realm(name));
  assert.ok(tenant && home && present);
  await marks.put("acme", "1");
  await marks.put("default", "1");
  await marks.put("now", String(firstRulesVersion));
  await completeRealms(auth, { marks });
  assert.deepEqual(
    await idsOf(tenant),
    firstRulesSince(1)
      .map(({ id }) => id)
      .filter((id) => !notForTenants.includes(id))
      .toSorted(),
  );
  // The home begins by itself, and whoever has everything keeps what he has deleted.
  assert.deepEqual([await idsOf(home), await idsOf(present)], [[], []]);
  await tenant.deleteRule("exchange");
  await marks.put("bare", "0");
  await completeRealms(auth, { marks });
  assert.ok(!(await idsOf(tenant)).includes("exchange"));
  assert.deepEqual(
    await idsOf(auth.realm("bare")),
    every.filter((id) => !notForTenants.includes(id)).toSorted(),
  );
});

test("beginRealm() goes on with a beginning that was cut short", async () => {
  const { realm, marks } = openRealm();
  let puts = 0;
  const cut: Realm = {
    ...realm,
    async putRule(rule) {
      puts += 1;
      if (puts > 2) throw new Error("the power is gone");
      await realm.putRule(rule);
    },
  };
  const options = { namespace: "default", marks, secret: async () => secret };
  await assert.rejects(beginRealm(cut, options));
  await beginRealm(realm, options);
  assert.deepEqual(await idsOf(realm), every.toSorted());
  assert.ok(await realm.login(firstOwner, secret));
});

test("the first rules open nothing of a block to nobody known but the way in", async () => {
  const { realm, marks } = openRealm();
  await beginRealm(realm, { namespace: "default", marks });
  const may = async (id: string | undefined, name: string, endpoint: string) =>
    (await realm.explain(id, { type: "block", name, endpoint })).allowed;
  for (const method of ["login", "refresh", "keys"]) {
    assert.ok(await may(undefined, "auth", method), method);
  }
  const closed = ["auth:issue", "auth:watch", "store:put", "registry:list", "runtime:run"];
  for (const each of closed) {
    const [name = "", method = ""] = each.split(":");
    assert.ok(!(await may(undefined, name, method)), each);
  }
  await realm.issue("service:trip", { makeWithScopes: ["service"] });
  const ofServices = ["store:put", "registry:register", "auth:watch", "auth:exchange"];
  for (const each of [...ofServices, "platform:status"]) {
    const [name = "", method = ""] = each.split(":");
    assert.ok(await may("service:trip", name, method), each);
  }
  for (const each of ["runtime:run", "auth:issue", "auth:createAccount", "auth:putRule"]) {
    const [name = "", method = ""] = each.split(":");
    assert.ok(!(await may("service:trip", name, method)), each);
  }
});
