import { exceptAll } from "../../../testing/suite.ts";
import { storeConformance } from "../conformance.ts";
import { restartCases } from "../conformance/restart-cases.ts";
import { memoryKeepsNothing, openMemory } from "./memory/test-store.ts";

storeConformance("memory", {
  open: openMemory,
  survives: "nothing",
  except: exceptAll(restartCases, memoryKeepsNothing),
});
