import { runtimeConformance } from "../conformance.ts";
import { openTestPlatform } from "./process/test-platform.ts";

runtimeConformance("process", { open: openTestPlatform });
