import { transportConformance } from "../conformance.ts";
import { openProbe } from "../test-probe.ts";

transportConformance("wire on TCP", { open: (services) => openProbe("tcp", services) });
transportConformance("wire on a Unix socket", { open: (services) => openProbe("unix", services) });
transportConformance("wire on TCP in JSON", {
  open: (services) => openProbe("tcp", services, { protobuf: false }),
});
