import { exceptAll } from "../../../testing/suite.ts";
import { storeConformance } from "../conformance.ts";
import { restartCases } from "../conformance/restart-cases.ts";
import { memoryKeepsNothing, openTestMemory } from "./memory/test-store.ts";

storeConformance("memory", {
  open: openTestMemory,
  survives: "nothing",
  except: exceptAll(restartCases, memoryKeepsNothing),
});
