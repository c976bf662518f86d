/** Where a platform keeps the files that say who somebody of its machine is. Whoever may read one is that one. */
import { join } from "node:path";
import type { StateFolder } from "./state-folder.ts";

/** Of a service that the runtime has started. */
export function identityPath(
  { identity }: Pick<StateFolder, "identity">,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string {
  return join(identity, namespace, `${name}.token`);
}

/** Of the owner of the machine: it is what commands that are typed there are done by. */
export function ownerIdentityPath({ identity }: Pick<StateFolder, "identity">): string {
  return join(identity, "owner.token");
}
