/** A store on a file of its own, on a machine whose clocks the test moves. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreUnderTest } from "../../conformance.ts";
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from "../sqlite.ts";
import { createTestMachine } from "../rows/test-machine.ts";

export interface SqliteUnderTest extends StoreUnderTest {
  readonly store: SqliteStore;
  readonly folder: string;
}

export async function openTestSqlite(
  limits: Omit<SqliteStoreOptions, "path"> = {},
): Promise<SqliteUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "reef-"));
  const machine = createTestMachine();

  async function open(): Promise<SqliteUnderTest> {
    const { clock, bootId } = machine;
    const store = await openSqliteStore({ ...limits, path: join(folder, "store"), clock, bootId });
    return {
      store,
      folder,
      advance: (ms) => machine.advance(ms),
      async reopen(options) {
        await store[Symbol.asyncDispose]();
        await machine.pass(options);
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
