/** Auths whose log breaks one promise each, with the case that catches each. */
import type { Mutant } from "../../../testing/mutants.ts";
import type { AuthChange } from "./test-changed-auth.ts";

export const auditMutants: readonly Mutant<AuthChange>[] = [
  {
    breaks: "audit() has the oldest first",
    caught: "audit() says what happened, the newest first",
    change: {
      realm: (honest) => ({
        audit: async () => ({ items: (await honest.audit()).items.toReversed() }),
      }),
    },
  },
  {
    breaks: "audit() names nobody",
    caught: "audit() names who it was, where somebody acts",
    change: { auth: (honest) => ({ realm: (namespace) => honest.realm(namespace) }) },
  },
  {
    breaks: "rotateKeys() does not say who asked for it",
    caught: "rotateKeys() is in the audit of the home, with who asked for it",
    change: {
      auth: (honest) => ({ rotateKeys: ({ signal } = {}) => honest.rotateKeys({ signal }) }),
    },
  },
];
