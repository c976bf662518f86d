/** The suite has teeth: each of these drivers breaks one promise, and a case says so. */
import { catchMutants } from "../../testing/mutants.ts";
import { type OpenStore, storeSuite } from "./conformance.ts";
import { batchMutants } from "./conformance/test-batch-mutants.ts";
import { methodsOf, type TableChange } from "./conformance/test-changed-table.ts";
import { entryMutants } from "./conformance/test-entry-mutants.ts";
import { listMutants } from "./conformance/test-list-mutants.ts";
import { watchMutants } from "./conformance/test-watch-mutants.ts";
import { openTestMemory } from "./drivers/memory/test-store.ts";
import type { Database, Table } from "./index.ts";

const mutants = [...entryMutants, ...batchMutants, ...listMutants, ...watchMutants];
catchMutants(storeSuite, { mutants, open });

function open(change: TableChange = () => ({})): OpenStore {
  return async (limits) => {
    const honest = await openTestMemory(limits);
    const tables = new Map<string, Table>();
    // One for each name, because some changes remember what they have seen.
    function tableOf(database: string, name: string): Table {
      const key = `${database}/${name}`;
      const table = honest.store.database(database).table(name);
      const known = tables.get(key) ?? { ...methodsOf(table), ...change(table, honest.store) };
      tables.set(key, known);
      return known;
    }
    const database = (name: string): Database => ({
      tables: (options) => honest.store.database(name).tables(options),
      table: (table) => tableOf(name, table),
    });
    return { ...honest, store: { survives: () => honest.store.survives(), database } };
  };
}
