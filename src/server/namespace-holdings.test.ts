import assert from "node:assert/strict";
import { test } from "node:test";
import { createStoreAuth } from "../blocks/auth/drivers/store.ts";
import type { Realm } from "../blocks/auth/index.ts";
import type { Services } from "../blocks/runtime/index.ts";
import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import { notForTenants } from "./first-owner.ts";
import { firstRulesSince } from "./first-rules.ts";
import { createHoldings } from "./namespace-holdings.ts";

const service = { id: "service:greeter", scopes: ["service"] };
const first = firstRulesSince(0)
  .map(({ id }) => id)
  .filter((id) => !notForTenants.includes(id))
  .toSorted();

/** One service runs, and has its account again whenever that is gone, until it is killed. */
function openHoldings() {
  const store = createMemoryStore();
  const auth = createStoreAuth({
    table: store.database("reef").table("auth"),
    sealKey: Buffer.alloc(32),
    issuer: "reef:test",
    hashCost: { memoryKib: 8, passes: 1 },
  });
  const realm = auth.realm("acme");
  const running = new Set(["greeter"]);
  const kept: Realm = {
    ...realm,
    async deleteAccount(id, options) {
      const deleted = await realm.deleteAccount(id, options);
      if (running.size > 0) await realm.createAccount(service);
      return deleted;
    },
  };
  const services: Pick<Services, "list" | "kill"> = {
    list: async () => ({
      // Nothing but the name is looked at.
      items: [...running].map((name) => ({ name })) as unknown as [],
    }),
    kill: async (name) => void running.delete(name),
  };
  const holdings = createHoldings({
    store,
    auth: { ...auth, realm: () => kept },
    // Nothing but these two is asked.
    runtime: { services: () => services as Services },
    registry: { list: async () => [] },
  });
  return { holdings, realm };
}

async function idsOf(realm: Realm): Promise<readonly string[]> {
  return (await realm.rules()).map(({ id }) => id).toSorted();
}

test("clear() leaves no account, although what runs gets its own again until it is killed", async () => {
  const { holdings, realm } = openHoldings();
  await holdings.begin("acme", {});
  await realm.createAccount(service);
  await holdings.clear("acme", {});
  assert.deepEqual((await realm.accounts()).items, []);
  assert.deepEqual(await idsOf(realm), []);
  await holdings.begin("acme", {});
  assert.deepEqual(await idsOf(realm), first);
});

test("begin() gives all first rules, whatever was left of a namespace of that name", async () => {
  const { holdings, realm } = openHoldings();
  await holdings.clear("acme", {});
  await realm.createAccount({ id: "user:late" });
  await holdings.begin("acme", {});
  assert.deepEqual((await realm.accounts()).items, []);
  assert.deepEqual(await idsOf(realm), first);
});
