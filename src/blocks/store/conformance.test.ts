/** The suite has teeth: each of these drivers breaks one promise, and a case says so. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../testing/manual-clock.ts";
import { type OpenStore, storeCases } from "./conformance.ts";
import { methodsOf, tableMutants } from "./conformance/test-table-mutants.ts";
import { watchMutants } from "./conformance/test-watch-mutants.ts";
import { createMemoryStore } from "./drivers/memory.ts";
import type { Store, StoreLimits, Table } from "./index.ts";

for (const { breaks, caught, change } of [...tableMutants, ...watchMutants]) {
  test(`storeCases catch a driver where ${breaks}`, async () => {
    const claim = storeCases.find(({ name }) => name === caught);
    assert(claim, `there is no case "${caught}"`);
    assert.equal(await outcome(claim.run(openWith(() => ({})))), "passes");
    assert.notEqual(await outcome(claim.run(openWith(change))), "passes");
  });
}

function openWith(change: (honest: Table, store: Store) => Partial<Table>): OpenStore {
  return async (limits?: StoreLimits) => {
    const clock = createManualClock();
    const honest = createMemoryStore({ ...limits, clock });
    const tables = new Map<string, Table>();
    const store: Store = {
      survives: async () => "nothing",
      database: (database) => ({
        tables: (options) => honest.database(database).tables(options),
        table: (name) => {
          const key = `${database}/${name}`;
          const table = tables.get(key) ?? changed(honest.database(database).table(name), honest);
          tables.set(key, table);
          return table;
        },
      }),
    };
    const changed = (table: Table, of: Store): Table => ({
      ...methodsOf(table),
      ...change(table, of),
    });
    return {
      store,
      advance: (ms) => clock.advance(ms),
      async [Symbol.asyncDispose]() {},
    };
  };
}

/** In memory everything happens in promises: what has not settled after this many turns never will. */
const turnsMax = 1_000;

async function outcome(run: Promise<void>): Promise<"passes" | "fails" | "hangs"> {
  let settled: "passes" | "fails" | "hangs" = "hangs";
  run.then(
    () => (settled = "passes"),
    () => (settled = "fails"),
  );
  for (let turn = 0; turn < turnsMax; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (settled !== "hangs") break;
  }
  return settled;
}
