import assert from "node:assert/strict";
import test from "node:test";
import { atPlace } from "./place.ts";

test("atPlace() names the namespace where a command has one, which a platform has not", () => {
  const place = { state: "/s", namespace: "acme" };
  assert.equal(atPlace("reef services", place), "reef services --state /s --namespace acme");
  assert.equal(atPlace("reef server", place), "reef server --state /s");
  assert.equal(atPlace("npx reef service store", place), "npx reef service store --state /s");
});
