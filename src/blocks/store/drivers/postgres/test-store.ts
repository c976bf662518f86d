/** A store in a schema of its own on a real server, on a machine whose clocks the test moves. */
import { randomUUID } from "node:crypto";
import type { StoreUnderTest } from "../../conformance.ts";
import type { StoreLimits } from "../../index.ts";
import { openPostgresStore } from "../postgres.ts";
import { createTestMachine } from "../rows/test-machine.ts";

export async function openTestPostgres(
  url: string,
  limits: StoreLimits = {},
): Promise<StoreUnderTest> {
  const schema = `case-${randomUUID()}`;
  const machine = createTestMachine();

  async function open(): Promise<StoreUnderTest> {
    const { clock, bootId } = machine;
    const store = await openPostgresStore({ ...limits, url, schema, clock, bootId });
    return {
      store,
      advance: (ms) => machine.advance(ms),
      async reopen(options) {
        await store[Symbol.asyncDispose]();
        await machine.pass(options);
        return open();
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  }

  return open();
}
