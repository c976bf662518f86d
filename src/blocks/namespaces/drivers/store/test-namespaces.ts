/** Namespaces on a store in memory. */
import { createMemoryStore } from "../../../store/drivers/memory.ts";
import type { NamespacesUnderTest } from "../../conformance.ts";
import { recordHoldings } from "../../conformance/fixture.ts";
import { openStoreNamespaces } from "../store.ts";

export async function openTestNamespaces(): Promise<NamespacesUnderTest> {
  const table = createMemoryStore().database("reef").table("namespaces");
  const holdings = recordHoldings();
  const open = () => openStoreNamespaces({ table, holdings });
  return {
    namespaces: await open(),
    holdings,
    again: open,
    async [Symbol.asyncDispose]() {},
  };
}
