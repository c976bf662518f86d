import { namespacesConformance } from "./conformance.ts";
import { openTestNamespaces } from "./drivers/store/test-namespaces.ts";
import { openRemote } from "./remote/test-remote.ts";

for (const transport of ["direct", "unix", "tcp"] as const) {
  namespacesConformance(`remote namespaces on store, ${transport}`, {
    open: async () => openRemote(transport, await openTestNamespaces()),
  });
}
