/** Namespaces on the other side of a wire: each method is a call. */
import type { Client } from "../../rpc/client.ts";
import { untilAborted, withReason } from "../../rpc/remote-calls.ts";
import type { NamespacesContract } from "./contract.ts";
import type { NamespaceEvent, Namespaces } from "./index.ts";

/** The client stays its owner's. */
export function remoteNamespaces(client: Client<typeof NamespacesContract>): Namespaces {
  return {
    create: (namespace, { signal } = {}) =>
      withReason(signal, async () => (await client.create(namespace, { signal })).namespace),
    get: (name, { signal } = {}) =>
      withReason(signal, async () => (await client.get({ name }, { signal })).namespace),
    list: ({ cursor, signal } = {}) =>
      withReason(signal, () => client.list({ cursor }, { signal })),
    change: (name, { base, quotas, without }, { signal } = {}) =>
      withReason(signal, async () => {
        const change = { name, base, quotas, without: without && [...without] };
        return (await client.change(change, { signal })).namespace;
      }),
    delete: (name, { force, signal } = {}) =>
      withReason(signal, async () => (await client.delete({ name, force }, { signal })).deleted),
    watch: ({ signal } = {}) =>
      // With each kind comes what belongs to it: the block wrote it from the same type.
      untilAborted(signal, () => client.watch({}, { signal }) as AsyncIterator<NamespaceEvent>),
  };
}
