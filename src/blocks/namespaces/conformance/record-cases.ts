/** Cases about what is known of a namespace. */
import assert from "node:assert/strict";
import { badNames } from "../../../testing/bad-names.ts";
import type { NamespacesCase } from "../conformance.ts";
import { pageItems } from "../index.ts";
import { holds, namesOf, refused } from "./fixture.ts";

export const recordCases: readonly NamespacesCase[] = [
  {
    name: "create() makes a namespace that get() and list() show, after its holdings have begun",
    async run(open) {
      await using it = await open();
      const quotas = { services: 3, keys: 0, bytes: 1_000, callsPerSecond: 5 };
      const made = await holds(it.namespaces.create({ name: "acme", quotas }));
      assert.deepEqual([made.name, made.base, made.quotas], ["acme", undefined, quotas]);
      assert.ok(made.createdMs > 0);
      assert.deepEqual(await it.namespaces.get("acme"), made);
      assert.deepEqual(await namesOf(it.namespaces), ["acme", "default", "reef"]);
      assert.deepEqual(it.holdings.told, ["begin acme"]);
      assert.equal(await it.namespaces.get("other"), undefined);
    },
  },
  {
    name: "create() refuses a name that is taken, a bad one, and a quota that is no count",
    async run(open) {
      await using it = await open();
      const { namespaces } = it;
      await holds(namespaces.create({ name: "acme", quotas: { keys: 7 } }));
      await refused(namespaces.create({ name: "acme" }), "already_exists");
      await refused(namespaces.create({ name: "default" }), "already_exists");
      assert.deepEqual((await namespaces.get("acme"))?.quotas, { keys: 7 });
      for (const name of badNames) await refused(namespaces.create({ name }), "invalid_argument");
      for (const keys of [-1, 0.5, Number.NaN, 2 ** 60]) {
        await refused(namespaces.create({ name: "b", quotas: { keys } }), "invalid_argument");
      }
    },
  },
  {
    name: "the first two are always there: not deleted, without a base, and the platform's unchanged",
    async run(open) {
      await using it = await open();
      const { namespaces } = it;
      await holds(namespaces.create({ name: "acme" }));
      assert.deepEqual(await namesOf(namespaces), ["acme", "default", "reef"]);
      for (const name of ["default", "reef"]) {
        await refused(namespaces.delete(name, { force: true }), "failed_precondition");
        await refused(namespaces.change(name, { base: "acme" }), "failed_precondition");
      }
      await refused(namespaces.change("reef", { quotas: { keys: 1 } }), "failed_precondition");
      const limited = await holds(namespaces.change("default", { quotas: { keys: 1 } }));
      assert.deepEqual(limited.quotas, { keys: 1 });
    },
  },
  {
    name: "change() keeps what is left out, and takes away what it is told to",
    async run(open) {
      await using it = await open();
      const { namespaces } = it;
      const quotas = { keys: 1, bytes: 2 };
      const made = await holds(namespaces.create({ name: "acme", base: "default", quotas }));
      const more = await namespaces.change("acme", { quotas: { bytes: 3, services: 4 } });
      assert.deepEqual(more, { ...made, quotas: { keys: 1, bytes: 3, services: 4 } });
      const less = await namespaces.change("acme", { without: ["base", "keys", "services"] });
      assert.deepEqual([less.base, less.quotas], [undefined, { bytes: 3 }]);
      assert.deepEqual(await namespaces.get("acme"), less);
      await refused(namespaces.change("other", {}), "not_found");
    },
  },
  {
    name: "list() gives all of them in pages, in the order of their names",
    async run(open) {
      await using it = await open();
      const names = Array.from({ length: pageItems + 5 }, (_, at) => `n${1_000 + at}`);
      for (const name of names) await holds(it.namespaces.create({ name }));
      assert.deepEqual(await namesOf(it.namespaces), ["default", ...names, "reef"]);
    },
  },
  {
    name: "others on the same place know what these have acknowledged",
    async run(open) {
      await using it = await open();
      const made = await it.namespaces.create({ name: "acme", quotas: { keys: 1 } });
      const others = await it.again();
      assert.deepEqual(await others.get("acme"), made);
      await Promise.all(["b", "c", "d"].map((name) => holds(others.create({ name }))));
      assert.deepEqual(await namesOf(it.namespaces), ["acme", "b", "c", "d", "default", "reef"]);
    },
  },
];
