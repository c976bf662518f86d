/** Any namespaces as a service. */
import { service, type Service } from "../../rpc/service.ts";
import { NamespacesContract } from "./contract.ts";
import type { Namespaces } from "./index.ts";

export function namespacesService(namespaces: Namespaces): Service<typeof NamespacesContract> {
  return service(NamespacesContract, {
    async create(namespace, call) {
      return { namespace: await namespaces.create(namespace, call) };
    },
    async get({ name }, call) {
      return { namespace: await namespaces.get(name, call) };
    },
    list: ({ cursor }, { signal }) => namespaces.list({ cursor, signal }),
    async change({ name, ...change }, call) {
      return { namespace: await namespaces.change(name, change, call) };
    },
    async delete({ name, force }, { signal }) {
      return { deleted: await namespaces.delete(name, { force, signal }) };
    },
    watch: (_input, call) => namespaces.watch(call),
  });
}
