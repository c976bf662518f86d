import { authConformance } from "../conformance.ts";
import { openTestAuth } from "./store/test-auth.ts";

authConformance("store", { open: openTestAuth });
