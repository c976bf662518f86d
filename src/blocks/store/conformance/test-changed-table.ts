/** What the mutants are made of: an honest table, some methods of which are others. */
import type { Store, Table } from "../index.ts";

/** What a mutant does otherwise than the honest table. */
export type TableChange = (honest: Table, store: Store) => Partial<Table>;

/** The methods of a table, to be changed one by one. */
export function methodsOf(table: Table): Table {
  return {
    get: (key, options) => table.get(key, options),
    put: (key, value, options) => table.put(key, value, options),
    delete: (key, options) => table.delete(key, options),
    batch: (operations, options) => table.batch(operations, options),
    list: (options) => table.list(options),
    watch: (options) => table.watch(options),
  };
}
