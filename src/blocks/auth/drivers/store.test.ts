import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryStore } from "../../store/drivers/memory.ts";
import { authConformance } from "../conformance.ts";
import { createStoreAuth } from "./store.ts";
import { openTestAuth } from "./store/test-auth.ts";

authConformance("store", { open: openTestAuth });

test("exchange() knows a service by each name under which it serves, and what it acts with names its account", async () => {
  await using it = await openTestAuth();
  const realm = it.auth.realm("default");
  await realm.createAccount({ id: "user:ann" });
  const { accessToken } = await realm.issue("user:ann");
  const { token } = await it.auth.exchange(accessToken, "cart");
  const shop = { account: "service:shop", namespace: "default" };
  const refused = { code: "permission_denied" };
  await assert.rejects(it.as(shop).exchange(token, "pay"), refused);
  for (const other of [{ namespace: "acme" }, { account: "user:shop" }]) {
    const actor = { ...shop, ...other, serves: ["cart"] };
    // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
    await assert.rejects(it.as(actor).exchange(token, "pay"), refused);
  }
  const bound = await it.as({ ...shop, serves: ["orders", "cart"] }).exchange(token, "pay");
  const [, claims = ""] = bound.token.split(".");
  assert.match(Buffer.from(claims, "base64url").toString(), /"aud":"pay".*"act":"shop"/);
});

test("platforms that share a store share accounts and rules, and each gives tokens that are good there", async () => {
  const table = createMemoryStore().database("reef").table("auth");
  const [one, other] = [1, 2].map((n) =>
    createStoreAuth({ table, sealKey: Buffer.alloc(32, n), issuer: `reef:${n}` }),
  );
  assert.ok(one && other);
  await one.realm("default").createAccount({ id: "user:ann" });
  const { accessToken, refreshToken } = await one.realm("default").issue("user:ann");
  const there = await other.realm("default").issue("user:ann");
  await other.rotateKeys();
  assert.equal((await one.verify(accessToken, "gateway")).account, "user:ann");
  assert.equal((await other.verify(there.accessToken, "gateway")).account, "user:ann");
  await assert.rejects(other.verify(accessToken, "gateway"), { code: "unauthenticated" });
  await assert.rejects(other.realm("default").refresh(refreshToken), { code: "unauthenticated" });
  assert.equal((await one.keys()).keys.length, 3);
});
