/**
 * Any namespaces as a service. Who makes, changes or ends them has to own the platform, whatever the rules of his own
 * namespace say; and each is shown his own and what that stands on.
 */
import type { Caller } from "../../core/identity.ts";
import { seenEvents, type Sight } from "../../rpc/seen-events.ts";
import { service, type Service } from "../../rpc/service.ts";
import { NamespacesContract } from "./contract.ts";
import type { NamespaceEvent, Namespaces } from "./index.ts";

export interface NamespacesAccess extends Sight {
  /** @throws {ReefError} when this one may not change namespaces */
  checkChange(caller: Caller): void;
}

/** Hears of what was done, and by whom; its answer is waited for. */
export type NamespaceChanged = (
  caller: Caller,
  what: "created" | "changed" | "deleted",
  name: string,
) => Promise<void>;

export interface NamespacesServiceOptions {
  /** Who sees and changes what. @default everybody everything */
  readonly access?: NamespacesAccess;
  /** @default nobody does */
  readonly changed?: NamespaceChanged;
}

export function namespacesService(
  namespaces: Namespaces,
  { access = openToAll, changed = async () => {} }: NamespacesServiceOptions = {},
): Service<typeof NamespacesContract> {
  return service(NamespacesContract, {
    async create(given, call) {
      access.checkChange(call.caller);
      const namespace = await namespaces.create(given, call);
      await changed(call.caller, "created", namespace.name);
      return { namespace };
    },
    async get({ name }, { caller, signal }) {
      const namespace = await namespaces.get(name, { signal });
      return { namespace: access.sees(caller, name) ? namespace : undefined };
    },
    async list({ cursor }, { caller, signal }) {
      const { items, ...rest } = await namespaces.list({ cursor, signal });
      return { ...rest, items: items.filter(({ name }) => access.sees(caller, name)) };
    },
    async change({ name, ...change }, call) {
      access.checkChange(call.caller);
      const namespace = await namespaces.change(name, change, call);
      await changed(call.caller, "changed", name);
      return { namespace };
    },
    async delete({ name, force }, { caller, signal }) {
      access.checkChange(caller);
      const deleted = await namespaces.delete(name, { force, signal });
      if (deleted) await changed(caller, "deleted", name);
      return { deleted };
    },
    watch: (_input, { caller, signal }) =>
      seenEvents((until) => namespaces.watch({ signal: until }), {
        sight: access,
        caller,
        namespaceOf,
        signal,
      }),
  });
}

const openToAll: NamespacesAccess = {
  sees: () => true,
  checkChange() {},
  onChange: () => ({ [Symbol.dispose]() {} }),
};

function namespaceOf(event: NamespaceEvent): string | undefined {
  if (event.kind === "complete") return undefined;
  return event.kind === "gone" ? event.name : event.namespace.name;
}
