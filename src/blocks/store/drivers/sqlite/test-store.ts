/** A store on a file of its own, on a machine whose clocks the test moves. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../../../core/clock.ts";
import { createManualClock } from "../../../../testing/manual-clock.ts";
import type { StoreUnderTest } from "../../conformance.ts";
import type { StoreLimits } from "../../index.ts";
import { openSqliteStore, type SqliteStore } from "../sqlite.ts";

export interface SqliteUnderTest extends StoreUnderTest {
  readonly store: SqliteStore;
  readonly folder: string;
}

export async function openTestStore(limits: StoreLimits = {}): Promise<SqliteUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  const clock = createManualClock();
  // What the two clocks of the machine say beside the one that moves.
  let [boots, bootedAtMs, wallMs] = [1, 0, 0];
  const machine: Clock = {
    monotonicMs: () => clock.monotonicMs() - bootedAtMs,
    wallMs: () => clock.wallMs() + wallMs,
    after: clock.after,
  };

  async function open(): Promise<SqliteUnderTest> {
    const path = join(folder, "store");
    const store = await openSqliteStore({ ...limits, path, clock: machine, bootId: `${boots}` });
    return {
      store,
      folder,
      advance: (ms) => clock.advance(ms),
      async reopen({ offMs = 0, wallJumpMs = 0, reboot = false } = {}) {
        await store[Symbol.asyncDispose]();
        await clock.advance(offMs);
        wallMs += wallJumpMs;
        if (reboot) [boots, bootedAtMs] = [boots + 1, clock.monotonicMs()];
        return open();
      },
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      },
    };
  }

  return open();
}
