/** A store in memory whose time the test moves. */
import { createManualClock } from "../../../../testing/manual-clock.ts";
import type { StoreUnderTest } from "../../conformance.ts";
import type { StoreLimits } from "../../index.ts";
import { createMemoryStore } from "../memory.ts";

export async function openTestMemory(limits: StoreLimits = {}): Promise<StoreUnderTest> {
  const clock = createManualClock();
  return {
    store: createMemoryStore({ ...limits, clock }),
    advance: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {},
  };
}

/** Why the cases about restarts are no claim about it. */
export const memoryKeepsNothing = "memory ends with its process";
