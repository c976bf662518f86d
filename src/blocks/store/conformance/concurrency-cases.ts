/** Cases about many who write and read at once. */
import assert from "node:assert/strict";
import type { StoreCase } from "../conformance.ts";
import { textOf } from "../index.ts";
import { increment, openWatch, tableOf } from "./fixture.ts";
import { linearizable } from "./linearizability/linearizable.ts";
import { recordCalls } from "./linearizability/record-calls.ts";

export const concurrencyCases: readonly StoreCase[] = [
  {
    name: "of those who expect the same revision one wins, so that no count is lost",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      const [clients, rounds] = [8, 10];
      await Promise.all(
        Array.from({ length: clients }, async () => {
          for (let round = 0; round < rounds; round++) await increment(table);
        }),
      );
      assert.equal(
        textOf((await table.get("count"))?.value ?? assert.fail()),
        `${clients * rounds}`,
      );
    },
  },
  {
    name: "writes at once have revisions of their own, and a watch sees them in that order",
    async run(open) {
      await using it = await open();
      const table = tableOf(it);
      await using watch = await openWatch(table);
      const writes = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const key = `k${index % 10}`;
          return { shown: `${key}=${index}`, revision: await table.put(key, `${index}`) };
        }),
      );
      const inOrder = writes.toSorted((a, b) => a.revision - b.revision);
      assert.equal(new Set(writes.map(({ revision }) => revision)).size, writes.length);
      assert.deepEqual(
        await watch.changes(writes.length),
        inOrder.map(({ shown }) => shown),
      );
    },
  },
  {
    name: "what 8 clients saw could have happened in some order, one after the other",
    async run(open) {
      await using it = await open();
      for (let round = 0; round < 5; round++) {
        const history = await recordCalls([tableOf(it, `round-${round}`)], { seed: round });
        assert(linearizable(history), `round ${round} is not linearizable`);
      }
    },
  },
];
