import assert from "node:assert/strict";
import { test } from "node:test";

import { isHomeOwner, mayActIn, namespaceOf } from "./namespace-access.ts";

const owner = { namespace: "default", scopes: ["staff", "owner"] };
const staff = { namespace: "default", scopes: ["staff"] };
const tenant = { namespace: "acme", scopes: ["owner"] };

test("mayActIn() lets everybody act in his own namespace, and owners of the home in each", () => {
  const table = [
    { who: undefined, default: true, acme: false, reef: false },
    { who: staff, default: true, acme: false, reef: false },
    { who: tenant, default: false, acme: true, reef: false },
    { who: owner, default: true, acme: true, reef: true },
  ];
  for (const { who, ...expected } of table) {
    for (const [namespace, may] of Object.entries(expected)) {
      assert.equal(mayActIn(who, namespace), may, `${JSON.stringify(who)} in ${namespace}`);
    }
  }
});

test("isHomeOwner() is no owner of another namespace", () => {
  assert.deepEqual([owner, staff, tenant, undefined].map(isHomeOwner), [true, false, false, false]);
});

test("namespaceOf() is the home of those whom nobody knows", () => {
  assert.deepEqual([tenant, undefined].map(namespaceOf), ["acme", "default"]);
});
