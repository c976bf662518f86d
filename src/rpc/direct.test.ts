import { transportConformance } from "./conformance.ts";
import { openProbe } from "./test-probe.ts";

transportConformance("direct", { open: (services) => openProbe("direct", services) });
