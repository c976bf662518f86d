import { transportConformance } from "./conformance.ts";
import { openProbe } from "./testing.ts";

transportConformance("direct", { open: (services) => openProbe("direct", services) });
