/** Cases about the end of a namespace. */
import assert from "node:assert/strict";
import type { NamespacesCase } from "../conformance.ts";
import { createChain, holds, refused } from "./fixture.ts";

export const deletionCases: readonly NamespacesCase[] = [
  {
    name: "delete() ends an empty one with its accounts and rules, and says whether it was there",
    async run(open) {
      await using it = await open();
      const { namespaces, holdings } = it;
      await holds(namespaces.create({ name: "acme", base: "default" }));
      holdings.told.length = 0;
      assert.equal(await namespaces.delete("acme"), true);
      assert.deepEqual(holdings.told, ["clear acme", "dismiss acme default"]);
      assert.equal(await namespaces.get("acme"), undefined);
      assert.equal(await namespaces.delete("acme"), false);
      await holds(namespaces.create({ name: "acme" }));
    },
  },
  {
    name: "delete() refuses one that is not empty and says what is in it, unless it is forced",
    async run(open) {
      await using it = await open();
      const { namespaces, holdings } = it;
      await holds(namespaces.create({ name: "acme" }));
      holdings.inside = ["2 services run"];
      await assert.rejects(namespaces.delete("acme"), {
        code: "failed_precondition",
        message: /2 services run.*--force/,
      });
      assert.deepEqual(holdings.told, ["begin acme"]);
      assert.ok(await namespaces.get("acme"));
      assert.equal(await namespaces.delete("acme", { force: true }), true);
      assert.deepEqual(holdings.told, ["begin acme", "clear acme"]);
      assert.equal(await namespaces.get("acme"), undefined);
    },
  },
  {
    name: "delete() refuses the base of another, forced or not",
    async run(open) {
      await using it = await open();
      const { namespaces, holdings } = it;
      await createChain(namespaces, ["a", "b"]);
      await refused(namespaces.delete("a"), "failed_precondition");
      await refused(namespaces.delete("a", { force: true }), "failed_precondition");
      assert.ok(!holdings.told.includes("clear a"));
      assert.equal(await namespaces.delete("b"), true);
      assert.equal(await namespaces.delete("a"), true);
    },
  },
];
