import { createManualClock } from "../../../testing/manual-clock.ts";
import { storeConformance } from "../conformance.ts";
import { restartCases } from "../conformance/restart-cases.ts";
import { createMemoryStore } from "./memory.ts";

storeConformance("memory", {
  open: async (limits) => {
    const clock = createManualClock();
    return {
      store: createMemoryStore({ ...limits, clock }),
      advance: (ms) => clock.advance(ms),
      async [Symbol.asyncDispose]() {},
    };
  },
  except: Object.fromEntries(
    restartCases.map(({ name }) => [name, "memory ends with its process"]),
  ),
});
