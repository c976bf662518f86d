/** Any store as a service: the database is the namespace of the call, so that nobody can ask for another one. */
import { service, type Service } from "../../rpc/service.ts";
import { StoreContract } from "./contract.ts";
import type { Operation, Store, Table } from "./index.ts";

export function storeService(store: Store): Service<typeof StoreContract> {
  function tableOf({ table }: { table: string }, { namespace }: { namespace: string }): Table {
    return store.database(namespace).table(table);
  }

  return service(StoreContract, {
    async get(input, call) {
      return { entry: await tableOf(input, call).get(input.key, call) };
    },
    async put(input, call) {
      const { key, value, ttlMs, expectedRevision } = input;
      const options = { ttlMs, expectedRevision, signal: call.signal };
      return { revision: await tableOf(input, call).put(key, value, options) };
    },
    async delete(input, call) {
      const { key, expectedRevision } = input;
      const options = { expectedRevision, signal: call.signal };
      return { deleted: await tableOf(input, call).delete(key, options) };
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
  });
}
