import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryStore } from "../../store/drivers/memory.ts";
import { authConformance } from "../conformance.ts";
import { createStoreAuth } from "./store.ts";
import { openTestAuth } from "./store/test-auth.ts";

authConformance("store", { open: openTestAuth });

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
