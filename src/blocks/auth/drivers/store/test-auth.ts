/** An auth on a store in memory, whose time the test moves. */
import { createManualClock } from "../../../../testing/manual-clock.ts";
import { createMemoryStore } from "../../../store/drivers/memory.ts";
import type { AuthUnderTest } from "../../conformance.ts";
import type { Auth } from "../../index.ts";
import { createStoreAuth } from "../store.ts";

/** The least that Argon2 takes. */
export const cheapHash = { memoryKib: 8, passes: 1 };

export async function openTestAuth(): Promise<AuthUnderTest> {
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const database = createMemoryStore({ clock }).database("reef");
  const [table, reports] = [database.table("auth"), database.table("audit")];
  const options = { table, reports, clock, issuer: "reef:test", sealKey: Buffer.alloc(32, 7) };
  const open = (): Auth => createStoreAuth({ ...options, hashCost: cheapHash });
  const auth = open();
  return {
    auth,
    as: (actor) => ({
      exchange: (token, audience, given) => auth.exchange(token, audience, { ...given, actor }),
    }),
    again: open,
    advance: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {},
  };
}
