/** Cases about the list of services. */
import assert from "node:assert/strict";
import type { RuntimeCase } from "../conformance.ts";
import { refused, write } from "./fixture.ts";

export const listCases: readonly RuntimeCase[] = [
  {
    name: "list() gives the services in pages, sorted by name, each once",
    async run(open) {
      await using it = await open();
      const source = await write(it, "greeter.ts", it.serving(["greeter"]));
      for (const name of ["b", "c", "a"]) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await it.services.run({ source, name });
      }
      const first = await it.services.list({ limit: 2 });
      assert.deepEqual(
        first.items.map(({ name }) => name),
        ["a", "b"],
      );
      const { cursor } = first;
      assert.ok(cursor !== undefined);
      // What goes meanwhile does not shift the others.
      await it.services.kill("a");
      const second = await it.services.list({ limit: 2, cursor });
      assert.deepEqual(
        second.items.map(({ name }) => name),
        ["c"],
      );
      assert.equal(second.cursor, undefined);
      assert.equal((await it.services.list()).items.length, 2);
      await refused(it.services.list({ limit: 0 }), { code: "invalid_argument" });
    },
  },
];
