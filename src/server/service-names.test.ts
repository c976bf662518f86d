import assert from "node:assert/strict";
import { test } from "node:test";

import { anonymous, callerOf } from "../core/identity.ts";
import { ServiceNames } from "./service-names.ts";

const bank = { namespace: "default", service: "bank" };

function named(account: string, scopes: readonly string[] = ["service"], namespace = "default") {
  return callerOf({ account, scopes, namespace });
}

function open(accounts: readonly string[]) {
  return new ServiceNames({
    hasAccount: async (namespace, id) => accounts.includes(`${namespace}/${id}`),
  });
}

test("claim() gives a name to the account of that name and those that begin with it, and to no other service", async () => {
  const names = open(["default/service:bank", "acme/service:trip"]);
  await names.claim(named("service:bank"), bank);
  await names.claim(named("service:bank-v2"), bank);
  for (const thief of ["service:trip", "service:ban", "service:bankers", "service:my-bank"]) {
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(names.claim(named(thief), bank), {
      code: "permission_denied",
      message: /belongs to service:bank.* "reef run --name"; or .*"reef auth delete service:bank"/,
    });
  }
});

test("of() is what an account lists, as long as it does", async () => {
  const names = open([]);
  const shop = named("service:shop");
  const held = await Promise.all(
    ["cart", "orders", "cart"].map((service) => names.claim(shop, { ...bank, service })),
  );
  assert.deepEqual(names.of(shop), ["cart", "orders"]);
  assert.deepEqual(names.of(named("service:shop", [], "acme")), []);
  assert.deepEqual(names.of(named("user:shop", [])), []);
  for (const each of held.slice(0, 2)) each[Symbol.dispose]();
  assert.deepEqual(names.of(shop), ["cart"]);
  held[2]?.[Symbol.dispose]();
  assert.deepEqual(names.of(shop), []);
});

test("claim() gives a name without an account to the first service, for as long as that lists it", async () => {
  const names = open([]);
  const [shop, trip] = [named("service:shop"), named("service:trip")];
  const first = await names.claim(shop, bank);
  const second = await names.claim(shop, bank);
  await assert.rejects(names.claim(trip, bank), { message: /service:shop has the name/ });
  // Elsewhere that is another name.
  await names.claim(named("service:trip", [], "acme"), { ...bank, namespace: "acme" });
  // Whose name it is comes in beside whoever was first.
  await names.claim(named("service:bank"), bank);
  first[Symbol.dispose]();
  await assert.rejects(names.claim(shop, { ...bank, service: "store" }), {
    code: "permission_denied",
  });
  second[Symbol.dispose]();
  await assert.rejects(names.claim(trip, bank), { message: /service:bank has the name/ });
});

test("claim() trusts people and owners with any name but those of the platform", async () => {
  const names = open(["default/service:bank"]);
  for (const caller of [
    anonymous,
    named("user:ann", []),
    named("service:reef-runtime", ["owner"]),
  ]) {
    // oxlint-disable-next-line no-await-in-loop
    await names.claim(caller, bank);
    // oxlint-disable-next-line no-await-in-loop
    await assert.rejects(names.claim(caller, { ...bank, service: "auth" }), {
      code: "permission_denied",
    });
  }
});

test("claim() gives one account so many places in the registry, and no other one less", async () => {
  const names = open([]);
  const trip = named("service:trip");
  const [held] = await Promise.all(
    Array.from({ length: 1_000 }, () => names.claim(trip, { ...bank, service: "trip" })),
  );
  await assert.rejects(names.claim(trip, { ...bank, service: "ghost" }), {
    code: "resource_exhausted",
    message: /lists 1000, the most/,
  });
  await names.claim(named("service:bank"), bank);
  held?.[Symbol.dispose]();
  await names.claim(trip, { ...bank, service: "ghost" });
});
