import assert from "node:assert/strict";
import { test } from "node:test";
import { startOrder } from "./start-order.ts";

test("startOrder() puts dependencies first and otherwise keeps the order", () => {
  const children = [
    { name: "web", dependsOn: ["api", "auth"] },
    { name: "log" },
    { name: "api", dependsOn: ["store"] },
    { name: "auth", dependsOn: ["store"] },
    { name: "store" },
  ];
  assert.deepEqual(startOrder(children), ["store", "api", "auth", "web", "log"]);
});

test("startOrder() names the cycle, without what only leads into it", () => {
  const children = [
    { name: "in", dependsOn: ["a"] },
    { name: "a", dependsOn: ["b"] },
    { name: "b", dependsOn: ["c"] },
    { name: "c", dependsOn: ["a"] },
  ];
  assert.throws(() => startOrder(children), {
    code: "invalid_argument",
    message: /, "a" -> "b" -> "c" -> "a"; remove one/,
  });
  assert.throws(() => startOrder([{ name: "self", dependsOn: ["self"] }]), /"self" -> "self"/);
});

test("startOrder() names an unknown dependency and what there is", () => {
  assert.throws(() => startOrder([{ name: "a", dependsOn: ["stroe"] }, { name: "store" }]), {
    code: "invalid_argument",
    message:
      /^Cannot start "a": it depends on "stroe", which is not a child here \(others: store\)/,
  });
});
