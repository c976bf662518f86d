/** Cases about bases. */
import assert from "node:assert/strict";
import type { NamespacesCase } from "../conformance.ts";
import { basesMax } from "../index.ts";
import { createChain, holds, refused } from "./fixture.ts";

export const baseCases: readonly NamespacesCase[] = [
  {
    name: "create() and change() refuse a base that is not there, and that of the platform",
    async run(open) {
      await using it = await open();
      const { namespaces } = it;
      await refused(namespaces.create({ name: "acme", base: "other" }), "not_found");
      await refused(namespaces.create({ name: "acme", base: "reef" }), "failed_precondition");
      assert.equal(await namespaces.get("acme"), undefined);
      await holds(namespaces.create({ name: "acme" }));
      await refused(namespaces.change("acme", { base: "other" }), "not_found");
      await refused(namespaces.change("acme", { base: "reef" }), "failed_precondition");
      assert.equal((await namespaces.get("acme"))?.base, undefined);
    },
  },
  {
    name: "no namespace becomes its own base, by however many others",
    async run(open) {
      await using it = await open();
      const { namespaces } = it;
      await refused(namespaces.create({ name: "a", base: "a" }), "not_found");
      await createChain(namespaces, ["a", "b", "c"]);
      for (const base of ["a", "b", "c"]) {
        await refused(namespaces.change("a", { base }), "failed_precondition");
      }
      assert.equal((await namespaces.get("a"))?.base, undefined);
      const [one, other] = await Promise.allSettled([
        namespaces.change("c", { without: ["base"] }),
        namespaces.change("a", { base: "default" }),
      ]);
      assert.deepEqual([one?.status, other?.status], ["fulfilled", "fulfilled"]);
    },
  },
  {
    name: "a chain of bases is never longer than its limit, be it grown at its end or in its middle",
    async run(open) {
      await using it = await open();
      const { namespaces } = it;
      const names = Array.from({ length: basesMax + 1 }, (_, at) => `n${at}`);
      await createChain(namespaces, names);
      const last = names.at(-1);
      await refused(namespaces.create({ name: "more", base: last }), "failed_precondition");
      await refused(namespaces.change("n0", { base: "default" }), "failed_precondition");
      await holds(namespaces.create({ name: "beside", base: names.at(-2) }));
    },
  },
  {
    name: "a base lets its branch in before that is there, and not any more when it has left",
    async run(open) {
      await using it = await open();
      const { namespaces, holdings } = it;
      await holds(namespaces.create({ name: "acme", base: "default" }));
      assert.deepEqual(holdings.told.splice(0), ["begin acme", "admit acme default"]);
      await holds(namespaces.create({ name: "other" }));
      holdings.told.length = 0;
      await holds(namespaces.change("acme", { base: "other" }));
      assert.deepEqual(holdings.told.splice(0), ["admit acme other", "dismiss acme default"]);
      await holds(namespaces.change("acme", { without: ["base"] }));
      assert.deepEqual(holdings.told, ["dismiss acme other"]);
    },
  },
];
