/** Any store as a service: the database is the namespace of the call, so that nobody can ask for another one. */
import { service, type Service } from "../../rpc/service.ts";
import { checked, type Checked, StoreContract } from "./contract.ts";
import type { Operation, Store, Table } from "./index.ts";

export interface StoreServiceOptions {
  /** The store is itself on the other side of a wire: what is asked of it belongs to the call. @default false */
  readonly isRemote?: boolean;
}

export function storeService(
  store: Store,
  { isRemote = false }: StoreServiceOptions = {},
): Service<typeof StoreContract> {
  function tableOf({ table }: { table: string }, { namespace }: { namespace: string }): Table {
    return store.database(namespace).table(table);
  }
  function checkedTableOf(asked: { table: string }, call: { namespace: string }): Checked {
    const table: Table & { readonly [checked]?: Checked } = tableOf(asked, call);
    return table[checked] ?? checkedOf(table);
  }

  return service(
    StoreContract,
    {
      async get(input, call) {
        return { entry: await checkedTableOf(input, call).get(input.key, call) };
      },
      put: (input, call) => checkedTableOf(input, call).write(input, call),
      async delete(input, call) {
        return { deleted: (await checkedTableOf(input, call).write(input, call)).changed };
      },
      async batch(input, call) {
        const operations = input.operations.map((each): Operation => {
          return "put" in each ? { kind: "put", ...each.put } : { kind: "delete", ...each.delete };
        });
        return { revision: await tableOf(input, call).batch(operations, call) };
      },
      list: (input, call) => tableOf(input, call).list({ ...input, signal: call.signal }),
      async tables(_input, call) {
        return { tables: await store.database(call.namespace).tables(call) };
      },
      async survives(_input, call) {
        return { survives: await store.survives(call) };
      },
      watch: (input, call) => tableOf(input, call).watch({ ...input, signal: call.signal }),
    },
    { isLeaf: !isRemote },
  );
}

/** Of a table that checks for itself, as one on the other side of another wire. */
function checkedOf(table: Table): Checked {
  return {
    get: (key, { signal }) => table.get(key, { signal }),
    async write({ key, value, ttlMs, expectedRevision }, { signal }) {
      const options = { expectedRevision, signal };
      // What a delete would be told, nobody asks for.
      if (!value) return { revision: 0, changed: await table.delete(key, options) };
      return { revision: await table.put(key, value, { ...options, ttlMs }), changed: true };
    },
  };
}
