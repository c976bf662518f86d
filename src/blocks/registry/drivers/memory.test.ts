import { registryConformance } from "../conformance.ts";
import { createMemoryRegistry } from "./memory.ts";

registryConformance("memory", {
  open: async (limits) => ({
    registry: createMemoryRegistry(limits),
    // Holder and registry are one process: whatever freezes one of them freezes the other.
    async silence() {},
    async [Symbol.asyncDispose]() {},
  }),
  except: {
    "a lease ends when its holder is not heard of for leaseMs, with deadline_exceeded":
      "holder and registry are one process and freeze together, so no lease ends by time",
  },
});
