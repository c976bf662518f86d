import assert from "node:assert/strict";
import { test } from "node:test";
import { authConformance } from "./conformance.ts";
import { AuthContract } from "./contract.ts";
import { openTestAuth } from "./drivers/store/test-auth.ts";
import { openRemote } from "./remote/test-remote.ts";

for (const transport of ["direct", "unix", "tcp"] as const) {
  authConformance(`remote auth on store, ${transport}`, {
    open: async () => openRemote(transport, await openTestAuth()),
  });
}

test("only asking may be repeated by itself: what makes or spends a secret may not", () => {
  const idempotent = Object.entries(AuthContract.methods).filter(([, method]) => method.idempotent);
  assert.deepEqual(
    idempotent.map(([name]) => name),
    [
      "account",
      "accounts",
      "sessions",
      "rules",
      "explain",
      "audit",
      "keys",
      "verify",
      "exchange",
      "watch",
    ],
  );
});
